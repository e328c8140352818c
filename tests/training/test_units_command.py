"""`python -m training.units` on synthetic channels: what it reuses, and when it writes where."""

import json
from pathlib import Path

import numpy as np
import pytest

from manifests.digests import file_sha256
from stages.units.vocoder import read_format
from tests.training.tiny_units import drawn_channels, drawn_examples
from training.units import __main__ as command
from training.units import channels, codes, tokenizer_training, vocoder_model, words
from training.units.folders import folders


@pytest.fixture
def embedded(tmp_path, monkeypatch):
    """Tiny trainings in place of the real ones' hours of speech; files in place of those that come along."""
    spoken = drawn_channels(3, units=45)
    monkeypatch.setattr(command, "write_texts", lambda *_: [])
    monkeypatch.setattr(command, "speak_missing", lambda *_: [])
    monkeypatch.setattr(command, "training_channels", lambda *_: spoken)
    monkeypatch.setattr(command, "recordings_of", lambda *_: [])
    heard = drawn_examples(spoken)
    monkeypatch.setattr(command, "hear_missing", lambda *_: range(len(heard)))
    monkeypatch.setattr(command, "read_hearings", lambda place: heard[place].hearings)
    monkeypatch.setattr(command, "examples", lambda *_: heard)
    monkeypatch.setattr(command, "word_sentences", lambda *_: [])
    monkeypatch.setattr(command, "hear_words", lambda *_: [(np.ones(45, np.int32),) for _ in spoken])
    monkeypatch.setattr(command, "stability", lambda *_: {})
    monkeypatch.setattr(command, "CHOSEN", 8)
    files = [tmp_path / "embedded" / name for name in ("tokens.onnx", "prior.onnx", "log.jsonl", "pins.json")]
    files[0].parent.mkdir()
    for name, file in zip(("EMBEDDED_TOKENS", "EMBEDDED_PRIOR", "LOG", "PINS"), files, strict=True):
        file.write_bytes(b"as before")
        monkeypatch.setattr(command, name, file)
    return files


def train(monkeypatch, work: Path, *more: str) -> None:
    monkeypatch.setattr("sys.argv", ["training.units", "--work", str(work), "--workers", "1", *more])
    command.main()


def steps_logged(file: Path) -> set[int]:
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    return {line["steps"] for line in lines if line["stage"] == "prior"}


def test_a_run_replaces_the_embedded_files_together_and_tells_the_seconds_of_each_stage(
    tmp_path, monkeypatch, embedded
):
    train(monkeypatch, tmp_path, "--steps", "2")
    tokens, prior, log, pins = embedded
    assert read_format(prior).tokenizer_digest == file_sha256(tokens)
    assert json.loads(pins.read_text()) == {file.name: file_sha256(file) for file in (tokens, prior)}
    lines = list(map(json.loads, log.read_text("utf-8").splitlines()))
    timed = {line["stage"] for line in lines if "seconds" in line}
    assert {"points seconds", "codes 8 seconds", "prior seconds"} <= timed
    before = [file.read_bytes() for file in embedded]
    train(monkeypatch, tmp_path, "--steps", "2")
    assert [file.read_bytes() for file in embedded] == before


def test_a_trial_of_fewer_steps_is_not_taken_for_the_whole_training(tmp_path, monkeypatch, embedded):
    train(monkeypatch, tmp_path, "--steps", "1")
    few = embedded[1].read_bytes()
    train(monkeypatch, tmp_path, "--steps", "2")
    assert steps_logged(embedded[2]) == {2}
    assert embedded[1].read_bytes() != few


def test_a_trial_elsewhere_leaves_the_embedded_files_and_their_log(tmp_path, monkeypatch, embedded):
    elsewhere = tmp_path / "tokens.onnx", tmp_path / "prior.onnx"
    train(monkeypatch, tmp_path, "--steps", "1", "--tokens", str(elsewhere[0]), "--prior", str(elsewhere[1]))
    assert read_format(elsewhere[1]).tokenizer_digest == file_sha256(elsewhere[0])
    assert {file.read_bytes() for file in embedded} == {b"as before"}


def test_other_sizes_are_measured_and_leave_the_embedded_files(tmp_path, monkeypatch, embedded):
    monkeypatch.setattr(command, "stability", lambda tokenizer, *_: {"size": tokenizer.size})
    train(monkeypatch, tmp_path / "work", "--sizes", "4", "16")
    measured = (json.loads(file.read_text("utf-8")) for file in tmp_path.rglob("tokens-*.json"))
    assert sorted(figures["size"] for figures in measured) == [4, 16]
    assert {file.read_bytes() for file in embedded} == {b"as before"}


def test_a_size_without_a_code_is_refused(tmp_path, monkeypatch, capsys, embedded):
    with pytest.raises(SystemExit):
        train(monkeypatch, tmp_path, "--sizes", "2048", "1")
    assert "--sizes 1: a bottleneck needs at least two units" in capsys.readouterr().err


def test_nothing_is_replaced_until_the_prior_network_is_trained(tmp_path, monkeypatch, embedded):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "train_prior", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(monkeypatch, tmp_path, "--steps", "1")
    assert {file.read_bytes() for file in embedded} == {b"as before"}


@pytest.mark.parametrize("option", ["--tokens", "--prior"])
def test_half_a_pair_is_refused(tmp_path, monkeypatch, capsys, embedded, option):
    with pytest.raises(SystemExit):
        train(monkeypatch, tmp_path, option, str(tmp_path / "mine.onnx"))
    assert "--tokens and --prior go together" in capsys.readouterr().err


def test_other_settings_have_folders_of_their_own(tmp_path, monkeypatch):
    def changed(before, after) -> list[str]:
        return [name for name, one, other in zip(before._fields, before, after, strict=True) if one != other]

    from_heard = ["heard", "tokens", "word_units", "prior"]
    whole = folders(tmp_path, 1, 100, 200, 8000)
    assert folders(tmp_path, 1, 100, 200, 8000) == whole
    assert changed(whole, folders(tmp_path, 1, 100, 200, 10)) == ["prior"]
    assert changed(whole, folders(tmp_path, 1, 99, 200, 8000)) == ["said", *from_heard]
    assert changed(whole, folders(tmp_path, 1, 100, 199, 8000)) == ["words", "word_units", "prior"]
    for module, name, parts in (
        (vocoder_model, "DROPOUT", ["prior"]),
        (words, "VOCABULARY", ["words", "word_units", "prior"]),
        (codes, "DECAY", from_heard[1:]),
        (tokenizer_training, "RATE", from_heard[1:]),
        (channels, "SNR_DB", from_heard),
    ):
        with monkeypatch.context() as other:
            other.setattr(module, name, 2 * getattr(module, name))
            assert changed(whole, folders(tmp_path, 1, 100, 200, 8000)) == parts
