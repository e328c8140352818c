"""What is found before any work: weights that only publishing needs, tokenizers, paths that other nodes don't see."""

import io

import pytest
from pydantic import ValidationError
from rich.console import Console

from manifests.errors import BuildError
from pipeline.config import load_config
from pipeline.estimate import print_estimate
from pipeline.preflight import check_outside, preflight, print_warnings, weights_of
from stages.dialogues import DialoguesConfig
from stages.speech.gate.config import AsrConfig, GateConfig
from tests.building import ROOT
from tests.pipeline.server_config import config
from tests.units.codec_checkpoints import save_s3


def printed(print_to) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_to(console)
    return console.file.getvalue()


def test_the_previews_voice_is_fetched_with_the_engines_weights():
    assert "piper-joe" in weights_of(load_config(ROOT / "configs" / "cluster.yaml"))


@pytest.mark.parametrize("preview", [{"from_units": False}, {"dialogues": 0}])
def test_a_preview_that_speaks_no_units_needs_no_voice(tmp_path, preview):
    assert "piper-joe" not in weights_of(config(tmp_path, preview=preview))


@pytest.mark.parametrize(
    ("streams", "key"),
    [
        ({"speech_tokenizer": {"kind": "whisper-vq", "model": "mine.onnx"}}, "streams.speech_tokenizer.model"),
        ({"speech_tokenizer": {"kind": "mimi", "path": "mimi"}}, "streams.speech_tokenizer.path"),
        ({"text_tokenizer": {"kind": "file", "path": "tokenizer.json"}}, "streams.text_tokenizer.path"),
    ],
)
def test_a_tokenizers_path_must_reach_all_nodes(tmp_path, streams, key):
    with pytest.raises(
        BuildError, match=rf"{key} '.*' is relative, but each node of 'auto' has its own working folder"
    ):
        check_outside(config(tmp_path, streams=streams, execution={"ray_address": "auto"}))


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"scenarios": "topics.yaml"}, "dialogues.scenarios"),
        ({"source": "file", "file": {"path": "set.jsonl", "layout": "messages"}}, "dialogues.file.path"),
    ],
)
def test_what_dialogues_begin_with_must_reach_all_nodes(tmp_path, section, key):
    made = config(tmp_path, execution={"ray_address": "auto"})
    dialogues = DialoguesConfig.model_validate(section)
    with pytest.raises(
        BuildError, match=rf"{key} '.*' is relative, but each node of 'auto' has its own working folder"
    ):
        check_outside(made.model_copy(update={"dialogues": dialogues}))


def test_a_tokenizer_of_another_variant_stops_the_run_before_any_work(tmp_path):
    path = save_s3(tmp_path / "speech_tokenizer_v1.onnx", "v1_25hz")
    tokenizer = {"kind": "s3tokenizer", "path": str(path)}
    good, wrong = (
        config(tmp_path, streams={"speech_tokenizer": {**tokenizer, "variant": variant}})
        for variant in ("v1_25hz", "v1_50hz")
    )
    preflight(good, Console(file=io.StringIO()))
    with pytest.raises(BuildError, match="set variant accordingly"):
        preflight(wrong, Console(file=io.StringIO()))


def test_a_chinese_corpus_on_units_that_know_english_is_warned_of(tmp_path):
    chinese = config(tmp_path, language="zh")
    assert "warning: whisper-vq units are made with" in printed(lambda console: print_warnings(console, chinese))
    assert "trained on English only" in printed(lambda console: preflight(chinese, console))


def test_a_plan_names_engines_as_they_are_called(tmp_path):
    of_brackets = config(tmp_path)
    assistant = of_brackets.speech.assistant.model_copy(update={"model": "tts[/v2]"})
    of_brackets = of_brackets.model_copy(
        update={"speech": of_brackets.speech.model_copy(update={"assistant": assistant})}
    )
    assert "tts[/v2]" in printed(lambda console: print_estimate(console, of_brackets))


def test_english_units_for_english_and_chinese_units_for_chinese_need_no_warning(tmp_path):
    mandarin = load_config(ROOT / "configs" / "mandarin.yaml")
    for fitting in (config(tmp_path), mandarin):
        assert printed(lambda console, one=fitting: print_warnings(console, one)) == ""


def test_gpus_that_no_stage_uses_are_warned_of(tmp_path):
    stages = {"speech": {"gpus": 0.25}, "streams": {"gpus": 1}, "scenes": {"cpus": 2}}
    warned = printed(lambda console: print_warnings(console, config(tmp_path, execution={"stages": stages})))

    assert warned.count("warning:") == 2
    assert "execution.stages.speech.gpus 0.25" in warned
    assert "speech.gate.asr.device: cuda" in warned
    assert "execution.stages.streams.gpus 1" in warned


def test_a_worker_has_a_share_of_one_gpu_or_whole_ones(tmp_path):
    assert config(tmp_path, execution={"stages": {"speech": {"gpus": 2}}}).execution.stages["speech"].gpus == 2
    with pytest.raises(ValidationError, match=r"(?s)execution\.stages\.speech\.gpus.*a fraction below 1, or 1, 2"):
        config(tmp_path, execution={"stages": {"speech": {"gpus": 1.5}}})


def test_a_judge_on_a_gpu_needs_no_warning(tmp_path):
    judged = config(tmp_path, execution={"stages": {"speech": {"gpus": 0.25}}})
    judged = judged.model_copy(
        update={"speech": judged.speech.model_copy(update={"gate": GateConfig(asr=AsrConfig(device="cuda"))})}
    )

    assert printed(lambda console: print_warnings(console, judged)) == ""
