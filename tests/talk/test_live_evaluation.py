"""`build-corpus evaluate --live` as a person runs it, on a small corpus with a random model."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from rich.console import Console
from typer.testing import CliRunner

from cli import app
from commands.judge import judge_config
from manifests.records import Event
from talk.evaluation.clips import LEAD_S
from talk.evaluation.listen import answer
from talk.evaluation.rating import rate
from tests.dialogues.fake_endpoint import Reply, serve
from tests.evaluation.held_out import ASIDES, LENGTH_S, RATE, TURNS, write_corpus, write_model
from tests.loop.tiny_models import VOCABULARY
from tests.talk.small_talkers import embedded_vocabulary, speech_like
from training.evaluation.judge import Answer

LISTENING = (Event("pause", "user", 0, 0.8, 1.0, 0.2), Event("backchannel", "assistant", 0, 0.9, 1.2, 0.1))
SOUND = np.stack([speech_like(LENGTH_S, seed, RATE) for seed in (1, 2)], axis=1)


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments), "--live"], env={"COLUMNS": "200"})


def write_spoken(folder, **changes):
    """A corpus of the embedded units, whose text tokenizer a talker finds."""
    changes = {"vocabulary": embedded_vocabulary(), "asides": (*ASIDES, *LISTENING), "sound": SOUND} | changes
    corpus = write_corpus(folder, **changes)
    config = yaml.safe_load((corpus / "config.yaml").read_text())
    config["streams"]["text_tokenizer"] = {"kind": "qwen2"}
    (corpus / "config.yaml").write_text(yaml.safe_dump(config))
    return corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_spoken(tmp_path_factory.mktemp("corpus") / "small")


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "final", corpus, vocabulary=embedded_vocabulary())


@pytest.fixture(scope="module")
def evaluated(corpus, trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("live") / "out"
    for left in ("smooth_turn_taking/7", "smooth_turn_taking/notes", "mine"):
        (out / "full-duplex-bench" / left).mkdir(parents=True)
    done = run(trained, "--corpus", corpus, "--out", out, "--limit", 1, "--turns", 1)
    assert done.exit_code == 0, done.output
    return done.output, out


def test_sound_and_units_are_scored_beside_the_corpus_and_the_baselines(evaluated):
    output, out = evaluated
    values = json.loads((out / "live.json").read_text())

    assert "| model, as heard | small (paper), test, 1 dialogues |" in output
    assert list(values["turn_taking"]) == [
        "model, as heard",
        "model, its units",
        "model, 840 ms taken off",
        "corpus itself, as heard",
        "corpus itself, its units",
        "always silent",
        "always talking",
        "random",
    ]
    assert (out / "live-response.svg").read_text().startswith("<svg")


def test_the_delay_of_the_loop_is_told_beside_the_times(evaluated):
    output, out = evaluated
    values = json.loads((out / "live.json").read_text())

    assert values["later_s"] == sum(values["delay_budget_s"].values()) == pytest.approx(0.84)
    assert "With 840 ms taken off" in output
    assert values["rates"]["loop"].endswith("per second")


def test_units_are_counted_when_they_are_heard_and_in_token_time(talker):
    answered = answer(talker.session(), speech_like(2.0), 0.8)
    loud = np.flatnonzero(np.abs(answered.sound) > 1e-3)[0] / 640

    assert len(answered.units) == len(answered.heard) == 70
    assert np.array_equal(answered.units[21:], answered.in_token_time[:49])
    assert np.flatnonzero(answered.units)[0] == 17 == pytest.approx(loud, abs=1)


def test_samples_stand_where_the_benchmarks_scripts_look(evaluated):
    _, out = evaluated
    bench = out / "full-duplex-bench"
    of_task = {
        "pause_handling": {"pause.json"},
        "backchannel": set(),
        "smooth_turn_taking": {"turn_taking.json"},
        "user_interruption": {"interrupt.json"},
    }
    for task, annotation in of_task.items():
        written = {path.name for path in (bench / task / "0").iterdir()}
        assert written == {"input.wav", "output.wav", "output.json"} | annotation
        infos = [soundfile.info(bench / task / "0" / name) for name in ("input.wav", "output.wav")]
        assert [(info.samplerate, info.channels, info.frames) for info in infos] == [(16_000, 1, infos[0].frames)] * 2
    assert sum(json.loads((bench / "icc_gt_distribution.json").read_text())["0"]) == pytest.approx(1)


def test_what_follows_an_interruption_is_written_down_alone(evaluated):
    _, out = evaluated
    sample = out / "full-duplex-bench" / "user_interruption" / "0"
    (annotation,) = json.loads((sample / "interrupt.json").read_text())
    answered = json.loads((sample / "output.json").read_text())

    assert set(annotation) == {"context", "interrupt", "timestamp"}
    assert set(answered) == {"text", "chunks"}
    assert all(chunk["timestamp"][0] >= annotation["timestamp"][1] for chunk in answered["chunks"])


def test_a_sample_is_the_users_channel_of_its_turn(evaluated):
    _, out = evaluated
    played, rate = soundfile.read(out / "full-duplex-bench" / "pause_handling" / "0" / "input.wav")
    _, start_s, end_s, _ = TURNS[0]
    first = start_s - LEAD_S
    user = SOUND[round(first * RATE) : round(end_s * RATE), 0]

    assert len(played) / rate == pytest.approx(end_s - first)
    assert np.corrcoef(played[::2], user)[0, 1] > 0.99


def test_samples_of_an_earlier_evaluation_are_gone_and_nothing_else(evaluated):
    _, out = evaluated

    assert {path.name for path in (out / "full-duplex-bench" / "smooth_turn_taking").iterdir()} == {"0", "notes"}
    assert (out / "full-duplex-bench" / "mine").exists()


def test_a_checkpoint_without_text_talks_too_and_languages_nobody_writes_down_are_told(corpus, tmp_path):
    checkpoint = write_model(tmp_path / "final", corpus, stage="speech", vocabulary=embedded_vocabulary())
    chinese = write_spoken(tmp_path / "chinese", language="zh")
    done = run(checkpoint, "--corpus", chinese, "--out", tmp_path / "out", "--limit", 1)

    assert done.exit_code == 0, done.output
    values = json.loads((tmp_path / "out" / "live.json").read_text())
    assert values["settings"]["config"] == "two_stream"
    assert values["left_out"]["samples"] == "1 dialogues are in languages that the recogniser doesn't know"


def test_what_cannot_be_scored_is_refused_before_anything_is_written(trained, tmp_path):
    others = {
        "units": write_corpus(tmp_path / "units"),
        "silent": write_spoken(tmp_path / "silent", turns=False),
        "damaged": write_spoken(tmp_path / "damaged"),
    }
    table = others["damaged"] / "data" / "dialogues" / "test" / "shard-00000.parquet"
    read = pq.read_table(table)
    rows = [row | {"audio": row["audio"] | {"bytes": b"no sound"}} for row in read.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=read.schema), table)
    said = {
        "units": "text_tokenizer is 'text', but the checkpoint was trained with 'qwen2",
        "silent": "nobody takes the floor in the 2 dialogues of split test",
        "damaged": "dialogue test-000: unreadable_audio",
    }
    for name, corpus in others.items():
        done = run(trained, "--corpus", corpus, "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert said[name] in done.output
    assert not list((tmp_path / "out").glob("*"))


def test_a_checkpoint_of_units_that_the_loop_does_not_speak_is_refused(tmp_path):
    corpus = write_corpus(tmp_path / "other", vocabulary=VOCABULARY)
    done = run(write_model(tmp_path / "final", corpus), "--corpus", corpus, "--out", tmp_path / "out")

    assert done.exit_code == 1
    assert "trained on units of 'units', but the loop uses those of 'whisper-vq" in done.output


def test_answers_to_interruptions_are_rated_from_0_to_5(tmp_path):
    said = (("user", "What is a cat?"), ("user", "No, a dog!"))
    answers = [Answer("d", said, text) for text in ("A dog barks.", "A cat purrs.")]

    def reply(request):
        score = 5 if "barks" in request["messages"][-1]["content"] else 0
        return Reply(json.dumps({"reason": "because", "score": score}))

    with serve(reply) as endpoint:
        found = rate(Console(quiet=True), answers, judge_config(endpoint.base_url, "big", None), tmp_path)

    assert [one.score for one in found.given] == [5, 0]
    assert [json.loads(line)["score"] for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()] == [5, 0]
    assert "user: No, a dog!" in endpoint.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--whole",), "can't be combined with --whole or --part"),
        (("--part", "losses"), "can't be combined with --whole or --part"),
        (("--judge", "http://localhost/v1"), "--judge needs --judge-model"),
    ],
)
def test_parts_of_the_other_evaluation_are_refused(tmp_path, arguments, said):
    done = run(tmp_path, "--corpus", tmp_path, "--out", tmp_path, *arguments)

    assert done.exit_code == 1
    assert said in done.output
