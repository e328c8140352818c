"""Readers of conversations: each format gives the same intervals, and bad rows are named."""

import gzip
import json
import sys
from pathlib import Path

import pytest
from praatio import textgrid
from pympi.Elan import Eaf

from manifests.errors import BuildError
from stages.scenes.fit import Conversation, read_conversations


def times(conversation: Conversation) -> list[tuple[str, float, float, str | None]]:
    return sorted((said.speaker, said.start_s, said.end_s, said.text) for said in conversation.intervals)


SAID = [("Ann", 0.5, 1.75, "hello there"), ("Bob", 2.0, 2.5, "hi")]


def test_rttm_is_read_recording_by_recording(tmp_path) -> None:
    path = tmp_path / "calls.rttm"
    path.write_text(
        ";; made by hand\n"
        "SPKR-INFO sw1 1 <NA> <NA> <NA> unknown Ann <NA>\n"
        "SPEAKER sw1 1 0.50 1.25 <NA> <NA> Ann <NA> <NA>\n"
        "SPEAKER sw2 2 1 1 <NA> <NA> <NA> <NA> <NA>\n\n"
        "SPEAKER sw1 2 2.0 0.5 <NA> <NA> Bob <NA> <NA>\n"
    )
    first, second = read_conversations(path)
    assert times(first) == [(speaker, start, end, None) for speaker, start, end, _ in SAID]
    assert first.name == f"{path} (sw1)"
    assert times(second) == [("channel 2", 1.0, 2.0, None)]


@pytest.mark.parametrize("packed", [False, True])
def test_lhotse_supervisions_are_read(tmp_path, packed: bool) -> None:
    rows = [
        {"id": "1", "recording_id": "r", "start": 0.5, "duration": 1.25, "speaker": "Ann", "text": "hello there"},
        {"id": "2", "recording_id": "r", "start": 2, "duration": 0.5, "channel": 1, "speaker": "Bob", "text": "hi"},
        {"id": "3", "recording_id": "s", "start": 0, "duration": 1, "channel": 1},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path = tmp_path / ("supervisions.jsonl.gz" if packed else "supervisions.jsonl")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    first, second = read_conversations(path)
    assert times(first) == SAID
    assert second.speakers == ("channel 1",)


def test_aligned_words_of_a_supervision_are_taken_one_by_one(tmp_path) -> None:
    row = {"recording_id": "r", "start": 0, "duration": 3, "speaker": "Ann", "text": "oh no"}
    row["alignment"] = {"word": [["oh", 0.0, 0.5, 1.0], ["", 0.5, 0, None], ["no", 2.0, 0.5]]}
    path = tmp_path / "supervisions.jsonl"
    path.write_text(json.dumps(row))
    assert times(read_conversations(path)[0]) == [("Ann", 0.0, 0.5, "oh"), ("Ann", 2.0, 2.5, "no")]


def test_elan_tiers_are_speakers(tmp_path) -> None:
    elan = Eaf()
    for speaker, start, end, text in SAID:
        elan.add_tier(speaker)
        elan.add_annotation(speaker, round(1000 * start), round(1000 * end), text)
    path = tmp_path / "talk.eaf"
    elan.to_file(str(path))
    (conversation,) = read_conversations(path)
    assert times(conversation) == SAID  # the empty tier that ELAN begins with is nobody


@pytest.mark.parametrize("layout", ["long_textgrid", "short_textgrid"])
def test_textgrid_tiers_are_speakers_and_unlabelled_parts_silent(tmp_path, layout: str) -> None:
    grid = textgrid.Textgrid(minTimestamp=0.0, maxTimestamp=3.0)
    for speaker, start, end, text in SAID:
        entries = [(0.0, start, "sil"), (start, end, text)]
        grid.addTier(textgrid.IntervalTier(speaker, entries, minT=0.0, maxT=3.0))
    grid.addTier(textgrid.PointTier("clicks", [(1.0, "click")], minT=0.0, maxT=3.0))
    path = tmp_path / "talk.TextGrid"
    grid.save(str(path), format=layout, includeBlankSpaces=True)
    (conversation,) = read_conversations(path)
    assert times(conversation) == SAID


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.rttm", "SPEAKER sw1 1 0.5 1 <NA> <NA> A <NA> <NA>\nSPEAKER sw1 1 0.5\n", "line 2 is 'SPEAKER sw1 1 0.5'"),
        ("a.rttm", "WORD sw1 1 0.5 1 <NA> <NA> A <NA> <NA>\n", "line 1 is 'WORD sw1.*expected SPEAKER"),
        ("a.rttm", "SPEAKER sw1 1 half 1 <NA> <NA> A <NA> <NA>\n", "line 1: start is 'half', expected seconds"),
        ("a.rttm", "SPEAKER sw1 1 nan 1 <NA> <NA> A <NA> <NA>\n", "line 1: start is 'nan', expected seconds"),
        ("a.rttm", "SPEAKER sw1 1 -1 1 <NA> <NA> A <NA> <NA>\n", "line 1: start -1 is below 0"),
        ("a.rttm", "SPEAKER sw1 1 1 0 <NA> <NA> A <NA> <NA>\n", "line 1: duration 0 is not above 0"),
        ("a.jsonl", '\n{"recording_id": "r"\n', "line 2 is not JSON"),
        ("a.jsonl", '{"id": "x"}\n', "line 1 is .*expected a supervision"),
        ("a.jsonl", '{"recording_id": "r", "start": 1}\n', "line 1: duration is None, expected seconds"),
        ("a.jsonl", '{"recording_id": "r", "alignment": {"word": ["oh"]}}\n', "line 1: aligned word 'oh'"),
        ("a.jsonl.gz", "not packed", "can't be read"),
        ("a.eaf", "<xml", "can't be read as an ELAN file"),
        ("a.eaf", "<other/>", "can't be read as an ELAN file"),
        ("a.TextGrid", "nothing", "can't be read as a TextGrid"),
        ("a.srt", "", r"can't read such files; supported: \.rttm"),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_value(tmp_path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BuildError, match=rf"{name}: {message}"):
        read_conversations(path)


def test_an_elan_annotation_without_time_is_named(tmp_path) -> None:
    elan = Eaf()
    elan.add_tier("Ann")
    elan.add_annotation("Ann", 0, 1000, "hello")
    path = tmp_path / "talk.eaf"
    elan.to_file(str(path))
    path.write_text(path.read_text().replace('TIME_VALUE="1000"', ""))
    with pytest.raises(BuildError, match=r"talk\.eaf: tier 'Ann', annotation a2 has no time"):
        read_conversations(path)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BuildError, match=r"/nowhere/calls\.rttm: no such file"):
        read_conversations(Path("/nowhere/calls.rttm"))


@pytest.mark.parametrize(
    ("name", "module", "package"), [("a.eaf", "pympi", "pympi-ling"), ("a.TextGrid", "praatio", "praatio")]
)
def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch, name: str, module: str, package: str) -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / name
    path.write_text("")
    with pytest.raises(BuildError, match=rf"need {package}: run pip install"):
        read_conversations(path)
