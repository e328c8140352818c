"""A bank of prompt voices: what is a voice, what is skipped and counted, what stops the run."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from manifests.audio import encode_flac
from manifests.errors import BuildError
from stages.speech import SpeechConfig, cast_of, engines
from stages.speech.prompts import read_bank
from tests.streamed_flac import without_length

TONE = np.sin(np.arange(40 * 16000) * 0.1) * 0.3


def record(path, seconds=3.0, rate=16000, gain=1.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, TONE[: int(seconds * rate)] * gain, rate)


@pytest.fixture
def faulty(tmp_path):
    """One good prompt among all that can be wrong with one."""
    record(tmp_path / "good.wav")
    record(tmp_path / "long.wav", seconds=31)
    record(tmp_path / "short.wav", seconds=0.4)
    record(tmp_path / "low.wav", rate=8000)
    record(tmp_path / "quiet.wav", gain=1e-5)
    record(tmp_path / "wordless.wav")
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    names = ("broken", "gone", "long", "short", "low", "quiet", "wordless", "good")
    lines = [
        json.dumps({"audio": f"{name}.wav", "text": "" if name == "wordless" else "Some words.", "gender": "f"})
        for name in names
    ]
    path = tmp_path / "bank.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def users(prompts, voices="all"):
    section = {"engine": "cosyvoice", "model": "m", "sample_rate": 24000, "prompts": str(prompts), "voices": voices}
    return SpeechConfig.model_validate({"user": section})


def test_one_bad_prompt_does_not_stop_the_run_and_each_says_what_is_wrong(faulty):
    bank = read_bank(str(faulty))
    assert list(bank.prompts) == ["good"]
    assert [str(skipped) for skipped in bank.skipped if skipped.speaker in ("gone", "long", "low")] == [
        "bank.jsonl:2, gone: unreadable, No such file or directory",
        "bank.jsonl:3, long: too long, 31.0 s (maximum 30 s)",
        "bank.jsonl:5, low: low sample rate, 8000 Hz (minimum 16000 Hz)",
    ]
    assert {skipped.kind for skipped in bank.skipped} == {
        "unreadable",
        "too long",
        "too short",
        "low sample rate",
        "silent",
        "without transcript",
    }


@pytest.mark.parametrize("file", ["a.wav", "a.txt", "bank.tsv"])
def test_a_disk_that_is_gone_for_a_moment_costs_no_speaker(tmp_path, monkeypatch, file):
    record(tmp_path / "a.wav")
    (tmp_path / "a.txt").write_text("Some words.")
    (tmp_path / "bank.tsv").write_text("audio\ttext\na.wav\tSome words.\n")
    setting = str(tmp_path / "bank.tsv" if file == "bank.tsv" else tmp_path)
    gone = [tmp_path / file]
    for read in ("read_bytes", "read_text"):
        monkeypatch.setattr(Path, read, stale_for(gone, getattr(Path, read)))

    with pytest.raises(OSError, match="Stale file handle"):
        read_bank(setting)
    gone.clear()
    assert list(read_bank(setting).prompts) == ["a"]


def stale_for(gone, read):
    def reading(path, *args, **kwargs):
        if path in gone:
            raise OSError(errno.ESTALE, "Stale file handle")
        return read(path, *args, **kwargs)

    return reading


def test_a_prompt_that_may_not_be_read_is_skipped(tmp_path, monkeypatch):
    for name in ("a", "b"):
        record(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.txt").write_text("Some words.")
    reads = Path.read_bytes

    def read(path):
        if path.name == "a.wav":
            raise PermissionError(errno.EACCES, "Permission denied")
        return reads(path)

    monkeypatch.setattr(Path, "read_bytes", read)  # root, as which tests may run, reads whatever it likes
    bank = read_bank(str(tmp_path))
    assert [str(skipped) for skipped in bank.skipped] == ["a.wav, a: unreadable, Permission denied"]


def test_a_prompt_whose_header_tells_no_length_is_skipped(tmp_path):
    record(tmp_path / "b.wav")
    (tmp_path / "a.flac").write_bytes(without_length(encode_flac(TONE[:48000].astype(np.float32), 16000)))
    (tmp_path / "bank.tsv").write_text("audio\ttext\na.flac\tSome words.\nb.wav\tSome words.\n")
    bank = read_bank(str(tmp_path / "bank.tsv"))
    assert list(bank.prompts) == ["b"]
    assert str(bank.skipped[0]).startswith("bank.tsv:2, a: unreadable, its header gives no length")


def test_the_card_counts_what_was_skipped(faulty):
    info = engines(users(faulty))[1]
    assert info.model.startswith("m, 1 prompt voices, 7 prompts skipped (2 unreadable, 1 too long")


def test_a_voice_that_is_named_but_has_no_usable_prompt_stops_the_run(faulty):
    with pytest.raises(BuildError, match=r"'long' has no usable prompt \(.*31\.0 s"):
        cast_of(users(faulty, ["long"]).user)
    with pytest.raises(BuildError, match="'goood'; did you mean 'good'"):
        cast_of(users(faulty, ["goood"]).user)


def test_a_bank_without_any_usable_prompt_stops_the_run(tmp_path):
    (tmp_path / "bank.tsv").write_text("audio\ttext\nnone.wav\tHello.\n")
    with pytest.raises(BuildError, match=r"no prompt is usable \(bank\.tsv:2, none: unreadable"):
        read_bank(str(tmp_path / "bank.tsv"))


def test_a_speakers_first_usable_prompt_speaks_for_it(tmp_path):
    record(tmp_path / "a1.wav", seconds=0.2)
    record(tmp_path / "a2.flac")
    record(tmp_path / "a3.wav")
    rows = [("a1.wav", "One."), ("a2.flac", "Two."), ("a3.wav", "Three.")]
    lines = ["audio\ttext\tspeaker", *(f"{audio}\t{text}\tanna" for audio, text in rows)]
    (tmp_path / "bank.tsv").write_text("\n".join(lines) + "\n")
    bank = read_bank(str(tmp_path / "bank.tsv"))
    assert bank.prompts["anna"].text == "Two."
    assert len(bank.skipped) == 1


def test_a_folder_is_a_bank_with_a_speaker_per_folder_or_file(tmp_path):
    for name in ("spk1/u1", "spk1/u2", "spk2/u1", "alone"):
        record(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.txt").write_text("Some\nwords.")
    record(tmp_path / "silent-partner.wav")
    bank = read_bank(str(tmp_path))
    assert list(bank.prompts) == ["alone", "spk1", "spk2"]
    assert bank.prompts["spk1"].text == "Some words."
    assert [skipped.kind for skipped in bank.skipped] == ["without transcript"]


@pytest.mark.parametrize(
    ("name", "content"), [("bank.tsv", "audio\ttext\na.wav\tHi."), ("bank.jsonl", '{"audio": "a.wav", "text": "Hi."}')]
)
def test_a_byte_order_mark_is_no_part_of_a_bank(tmp_path, name, content):
    record(tmp_path / "a.wav")
    (tmp_path / name).write_text(content, encoding="utf-8-sig")
    assert read_bank(str(tmp_path / name)).prompts["a"].text == "Hi."


def test_a_byte_order_mark_is_no_part_of_a_transcript(tmp_path):
    record(tmp_path / "a.wav")
    (tmp_path / "a.txt").write_text("Hi.", encoding="utf-8-sig")
    assert read_bank(str(tmp_path)).prompts["a"].text == "Hi."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bank.jsonl", '{"audio": "a.wav"', r"bank\.jsonl:1: not JSON"),
        ("bank.jsonl", '["a.wav"]', r"bank\.jsonl:1: not a JSON object"),
        ("bank.jsonl", '{"text": "words"}', r"bank\.jsonl:1: no `audio`"),
        ("bank.tsv", "path\ttext\n", r"bank\.tsv:1: no column named audio"),
        ("bank.csv", "audio,text\n", r"bank\.csv: no such bank"),
    ],
)
def test_a_bank_that_cannot_be_understood_stops_the_run_by_file_and_line(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(BuildError, match=said):
        read_bank(str(tmp_path / name))
    with pytest.raises(BuildError, match="no such bank"):
        read_bank(str(tmp_path / "elsewhere"))


@pytest.mark.parametrize("blank", ["", "  ", "\t", None])
def test_a_blank_speaker_is_named_by_its_audio(tmp_path, blank):
    record(tmp_path / "a.wav")
    (tmp_path / "bank.jsonl").write_text(json.dumps({"audio": "a.wav", "text": "x", "speaker": blank}))
    assert list(read_bank(str(tmp_path / "bank.jsonl")).prompts) == ["a"]


def test_a_name_that_is_no_name_is_skipped(tmp_path):
    record(tmp_path / "a.wav")
    rows = [{"audio": "a.wav", "text": "x", "speaker": name} for name in ("a\u0007b", "n" * 65, 84)]
    (tmp_path / "bank.jsonl").write_text("\n".join(map(json.dumps, rows)))
    bank = read_bank(str(tmp_path / "bank.jsonl"))
    assert list(bank.prompts) == ["84"]
    assert len(bank.skipped) == 2


@pytest.mark.parametrize("audio", ["~nouser_x/a.wav", "a\0.wav", "\ud800.wav", "a" * 300 + ".wav", "good.wav/a"])
def test_an_audio_name_that_no_file_can_have_is_skipped(tmp_path, audio):
    record(tmp_path / "good.wav")
    lines = [{"audio": name, "text": "Some words.", "speaker": name[:2]} for name in (audio, "good.wav")]
    (tmp_path / "bank.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    bank = read_bank(str(tmp_path / "bank.jsonl"))
    assert list(bank.prompts) == ["go"]
    (skipped,) = bank.skipped
    str(skipped).encode()


def test_files_of_a_folder_are_not_expanded(tmp_path, monkeypatch):
    record(tmp_path / "bank" / "~amy.wav")
    (tmp_path / "bank" / "~amy.txt").write_text("Some words.")
    monkeypatch.chdir(tmp_path)
    assert list(read_bank("bank").prompts) == ["~amy"]


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("bank.tsv", "a.wav\t" + "x" * 200_000, "field larger than field limit"),
        ("bank.jsonl", "[" * 100_000, "not JSON .nested too deeply"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(tmp_path, name, line, said):
    head = "audio\ttext" if name.endswith("tsv") else json.dumps({"audio": "a.wav", "text": "Some words."})
    (tmp_path / name).write_text(f"{head}\n{line}\n")
    with pytest.raises(BuildError, match=f"{name}:2: {said}"):
        read_bank(str(tmp_path / name))
