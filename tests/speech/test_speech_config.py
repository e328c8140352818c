"""What a person may write under `speech`, and what they are told when it can't work."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from manifests.errors import BuildError
from stages.speech import USER_VOICES, SpeechConfig, cast_of, check, engines, expected_rtf, expected_seconds
from stages.speech.voices import user_pool


def read(text: str) -> SpeechConfig:
    return SpeechConfig.model_validate(yaml.safe_load(text) or {})


def test_the_defaults_are_piper_for_the_assistant_and_many_kokoro_voices_for_users():
    config = read("")
    assert config.sample_rate == 16000
    assert cast_of(config.assistant) == ("joe",)
    assert len(cast_of(config.user)) == 17
    check(config, "en")


def test_short_yaml_is_enough():
    config = read("user: {engine: kokoro, blends: 3}\nassistant: {engine: piper, voice: joe}")
    assert cast_of(config.user)[-3:] == ("blend-01", "blend-02", "blend-03")


def test_voices_can_be_named_blends_among_them():
    config = read("user: {engine: kokoro, blends: 2, voices: [jm_kumo, blend-02]}")
    assert cast_of(config.user) == ("jm_kumo", "blend-02")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user: {engine: espeak}", "espeak"),
        ("user: {engine: kokoro, blend: 3}", "blend"),
        ("user: {engine: kokoro, blends: -1}", "greater than or equal to 0"),
        ("user: {engine: kokoro, voices: []}", "at least 1"),
        ("user: {engine: kokoro, voices: [1, 2]}", "string"),
        ("assistant: {engine: piper, noise_w: wide}", "number"),
        ("limits: {min_s: 5, max_s: 2}", "min_s 5 is not below max_s 2"),
        ("limits: {min_characters_per_s: 40}", "min_characters_per_s 40"),
        ("limits: {min_ideographs_per_s: 40}", "min_ideographs_per_s 40"),
        ("gate: {asr: {compute_type: floaty}}", "'int8', 'int8_float32'"),
        ("gate: {asr: {model: small, revision: main}}", "revision"),
        ("assistant: {engine: openai, model: m, voice: v, base_url: 'ftp://x/v1'}", "http"),
        ("assistant: {engine: openai, model: m, voice: v, base_url: 'http://me:key@x/v1'}", "api_key_env"),
    ],
)
def test_impossible_values_are_refused_by_name(text, said):
    with pytest.raises(ValidationError, match=said):
        read(text)


def test_an_unknown_voice_is_named_with_the_known_ones_nearest_first():
    with pytest.raises(BuildError, match=r"'jf_alfa'; did you mean 'jf_alpha'\? Known: jf_alpha, .*jm_kumo"):
        check(read("user: {engine: kokoro, voices: [jf_alfa]}"), "en")


def test_a_blend_beyond_the_count_is_unknown():
    with pytest.raises(BuildError, match=r"'blend-05'.*blends"):
        check(read("user: {engine: kokoro, blends: 4, voices: [blend-05]}"), "en")


def test_a_piper_voice_that_is_no_file_is_named():
    with pytest.raises(BuildError, match=r"'jo'; did you mean 'joe'"):
        check(read("assistant: {engine: piper, voice: jo}"), "en")
    with pytest.raises(BuildError, match=r"there is no .*amy\.onnx"):
        check(read("assistant: {engine: piper, voice: /nowhere/amy.onnx}"), "en")


def test_a_piper_voice_of_another_language_is_found_before_any_dialogue_is_written(tmp_path):
    with pytest.raises(BuildError, match=r"voice 'joe' speaks 'en-us', but dialogues\.language is 'zh'"):
        check(read(""), "zh")
    voice = tmp_path / "huayan.onnx"
    voice.write_bytes(b"a graph")
    description = tmp_path / "huayan.onnx.json"
    description.write_text('{"espeak": {"voice": "cmn"}, "audio": {"sample_rate": 22050}}', encoding="utf-8")
    config = read(f"assistant: {{engine: piper, voice: {voice}}}")
    check(config, "zh")
    with pytest.raises(BuildError, match=r"speaks 'cmn', but dialogues\.language is 'en'"):
        check(config, "en")
    description.write_text('{"espeak": []}', encoding="utf-8")
    with pytest.raises(BuildError, match=r"huayan\.onnx\.json doesn't describe a Piper voice"):
        check(config, "zh")


@pytest.mark.parametrize(
    ("speakers", "number", "said"),
    [
        (3, "", r"holds 3 speakers; choose one by its number, .*many\.onnx#0 to .*many\.onnx#2"),
        (3, "#3", r"many\.onnx#3': the file holds 3 speakers"),
        (1, "#0", r"many\.onnx#0': the file holds one speaker; name it without #0"),
    ],
)
def test_a_piper_file_of_several_speakers_is_cast_by_number_or_found_before_the_run(tmp_path, speakers, number, said):
    path = tmp_path / "many.onnx"
    path.write_bytes(b"a graph")
    description = {"espeak": {"voice": "en-us"}, "audio": {"sample_rate": 22050}, "num_speakers": speakers}
    path.with_name("many.onnx.json").write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(BuildError, match=said):
        check(read(f"user: {{engine: piper, voices: ['{path}{number}']}}"), "en")
    good = ["#0", "#2"] if speakers > 1 else [""]
    config = read(f"user: {{engine: piper, voices: {[f'{path}{one}' for one in good]}}}")
    check(config, "en")
    assert cast_of(config.user) == tuple(f"many{one}" for one in good)
    assert [info.model for info in engines(config) if info.part == USER_VOICES] == ["many"]


@pytest.mark.parametrize("rate", [0, -1, "22050", True, 10**9])
def test_a_piper_voice_of_an_impossible_rate_is_found_before_the_run(tmp_path, rate):
    path = tmp_path / "amy.onnx"
    path.write_bytes(b"a graph")
    description = {"espeak": {"voice": "en-us"}, "audio": {"sample_rate": rate}}
    path.with_name("amy.onnx.json").write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(
        BuildError, match=rf"amy\.onnx\.json doesn't describe.*sample_rate {rate!r} is not a whole number"
    ):
        check(read(f"assistant: {{engine: piper, voice: {path}}}"), "en")


def test_a_piper_voice_that_espeak_does_not_know_is_found_before_the_run(tmp_path):
    path = tmp_path / "amy.onnx"
    path.write_bytes(b"a graph")
    description = {"espeak": {"voice": "en-xx"}, "audio": {"sample_rate": 22050}}
    path.with_name("amy.onnx.json").write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(BuildError, match=r"amy\.onnx\.json: espeak-ng has no voice 'en-xx'"):
        check(read(f"assistant: {{engine: piper, voice: {path}}}"), "en")


@pytest.mark.parametrize(
    "section",
    [
        "{engine: piper, voice: ~nouser_x/amy.onnx}",
        "{engine: kokoro, voices_file: ~nouser_x/voices.npz}",
        '{engine: kokoro, voices_file: "voices\\0.npz"}',
        "{engine: cosyvoice, model: m, sample_rate: 24000, prompts: ~nouser_x, voice: amy}",
    ],
)
def test_a_path_that_no_file_can_have_is_named(section):
    with pytest.raises(BuildError, match=r"^speech: .*can't be a path here"):
        check(read(f"assistant: {section}"), "en")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_a_damaged_archive_of_voices_is_found_before_the_run(tmp_path, write):
    path = tmp_path / "voices.npz"
    write(path, anna=np.random.default_rng(0).normal(size=(510, 1, 256)).astype(np.float32))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(BuildError, match=r"can't read style tables from .*voices\.npz"):
        check(read(f"user: {{engine: kokoro, voices_file: {path}}}"), "en")


def test_blends_of_a_single_voice_are_refused(tmp_path):
    np.savez(tmp_path / "voices.npz", anna=np.zeros((510, 1, 256)))
    with pytest.raises(BuildError, match=r"blends 3: a blend needs at least 2 voices, but .*voices\.npz holds 1;"):
        check(read(f"user: {{engine: kokoro, blends: 3, voices_file: {tmp_path}/voices.npz}}"), "en")


def test_a_voice_named_twice_is_refused():
    with pytest.raises(BuildError, match="'jm_kumo' is named twice"):
        check(read("user: {engine: kokoro, voices: [jm_kumo, jm_kumo]}"), "en")


def test_two_files_of_one_name_are_told_apart_by_nothing(tmp_path):
    paths = [tmp_path / folder / "amy.onnx" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"a graph")
        path.with_name("amy.onnx.json").write_text('{"espeak": {"voice": "en-us"}}', encoding="utf-8")
    said = f"voice 'amy' is named twice; rename one of {paths[0]} and {paths[1]}"
    with pytest.raises(BuildError, match=re.escape(said)):
        check(read(f"user: {{engine: piper, voices: {[str(path) for path in paths]}}}"), "en")


def test_the_assistants_voice_is_known_however_its_banks_path_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("voices.npz", anna=np.zeros((510, 1, 256)), ben=np.zeros((510, 1, 256)))
    config = read(
        "assistant: {engine: kokoro, voices_file: voices.npz, voice: anna}\n"
        f"user: {{engine: kokoro, voices_file: {tmp_path}/voices.npz}}"
    )
    assert user_pool(config.assistant, config.user) == ("ben",)


SERVER = "engine: openai, model: m"
COSY = "engine: cosyvoice, model: m, sample_rate: 24000"


@pytest.mark.parametrize(
    ("assistant", "user", "pool"),
    [
        ("engine: kokoro", "engine: kokoro, voices: [jf_alpha, jm_kumo]", ("jm_kumo",)),
        (
            "engine: kokoro, blends: 2, voice: blend-02",
            "engine: kokoro, blends: 2, voices: [jf_alpha, blend-02]",
            ("jf_alpha",),
        ),
        (f"{SERVER}, voice: a", f"{SERVER}, voices: [a, b]", ("b",)),
        (f"{SERVER}, voice: a", "engine: openai, model: other, voices: [a, b]", ("a", "b")),
        (f"{COSY}, voice: a", f"{COSY}, voices: [a, b]", ("b",)),
        ("engine: piper", "engine: kokoro, voices: [jf_alpha]", ("jf_alpha",)),
    ],
)
def test_no_user_speaks_in_the_assistants_voice(assistant, user, pool):
    config = read(f"assistant: {{{assistant}}}\nuser: {{{user}}}")
    assert user_pool(config.assistant, config.user) == pool
    check(config, "en")


def test_users_who_have_the_assistants_voice_alone_stop_the_run():
    with pytest.raises(
        BuildError, match=r"speech\.user: its only voice is 'joe', which is the assistant's; name other"
    ):
        check(read("user: {engine: piper}"), "en")


def test_a_speed_that_kokoro_would_not_keep_to_is_found_before_the_run():
    with pytest.raises(BuildError, match=r"speeds reach 1\.84-2\.16 times Kokoro's pace, which can be 0\.5-2; bring"):
        check(read("casting: {user_speed: {mean: 2, max: 2}}"), "en")
    check(read("casting: {user_speed: {mean: 1.8, max: 2}}"), "en")


def test_a_missing_key_is_found_before_the_run(monkeypatch):
    monkeypatch.delenv("SPEECH_TEST_KEY", raising=False)
    config = read("user: {engine: openai, model: m, voices: [a], api_key_env: SPEECH_TEST_KEY}")
    with pytest.raises(BuildError, match=r"\$SPEECH_TEST_KEY, which is not set"):
        check(config, "en")


def test_engines_are_named_with_licences_and_weights_without_loading():
    config = read("")
    assistant, users, bounds, judge = engines(config)
    assert users.part == USER_VOICES
    assert (assistant.weights, users.weights) == (("piper-joe",), ("kokoro-82m", "kokoro-voices-ja"))
    assert "lessac" in assistant.licence
    assert (users.licence, bounds.licence, judge.licence) == ("Apache-2.0", "MIT", "MIT")


def test_an_endpoints_identity_holds_no_key_and_changes_with_its_model():
    first, second = (
        engines(read(f"user: {{engine: openai, model: {model}, voices: [a], api_key_env: HOME}}"))[1]
        for model in ("one", "two")
    )
    assert first.digest != second.digest


def test_forecasts_need_no_engine():
    assert 25 < expected_seconds(words=100) < 40
    assert 0.3 < expected_rtf(read("")) < 0.6


def test_importing_the_config_loads_no_engine():
    heavy = ["kokoro_onnx", "piper", "onnx", "onnxruntime", "faster_whisper", "openai", "librosa"]
    code = f"import stages.speech, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
