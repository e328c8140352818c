"""Existing text sets: four layouts, and what is wrong with a record."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.records import Dialogue, Reject, Slot
from stages.dialogues import DialoguesConfig, DialogueStage

ASKED = ("When does the shop open tomorrow?", "And where exactly is it?")
ANSWERED = ("It opens at 9 in the morning, as it always does.", "It is right behind the old station, next to the bank.")

RECORDS = {
    "messages": {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": ASKED[0]},
            {"role": "assistant", "content": ANSWERED[0]},
            {"role": "user", "content": ASKED[1]},
            {"role": "assistant", "content": ANSWERED[1]},
        ]
    },
    "ultrachat": {"id": "7", "data": [ASKED[0], ANSWERED[0], ASKED[1], ANSWERED[1]]},
    "moss": {
        "conversation": [
            {"human": ASKED[0], "assistant": ANSWERED[0]},
            {"human": ASKED[1], "assistant": ANSWERED[1]},
        ]
    },
}


class NoCache:
    def get(self, key: str) -> bytes | None:
        raise AssertionError("a text set needs no answers")

    def put(self, key: str, answer: bytes) -> None:
        raise AssertionError("a text set needs no answers")


def read(path: Path, layout: str, count: int, **changes) -> list[Dialogue | Reject]:
    settings = {"source": "file", "interruption_share": 0.0, "file": {"path": str(path), "layout": layout}, **changes}
    stage = DialogueStage(DialoguesConfig.model_validate(settings), 7, NoCache())
    try:
        return list(stage.process([Slot(i, f"d{i}", "train") for i in range(count)]))
    finally:
        stage.close()


def write(tmp_path: Path, *records: object) -> Path:
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.mark.parametrize("layout", RECORDS)
def test_a_layout_gives_its_turns(tmp_path: Path, layout: str):
    path = write(tmp_path, RECORDS[layout])
    (dialogue,) = read(path, layout, 1)
    assert [turn.text for turn in dialogue.turns] == [ASKED[0], ANSWERED[0], ASKED[1], ANSWERED[1]]
    assert dialogue.turns[1].spoken.startswith("It opens at nine")
    assert dialogue.source == f"file:{path}:1"


def test_alpaca_joins_instruction_and_input(tmp_path: Path):
    path = write(tmp_path, {"instruction": "Name a fruit.", "input": "It is yellow.", "output": "That is a banana."})
    (dialogue,) = read(path, "alpaca", 1, turns={"min": 2, "max": 4})
    assert [turn.text for turn in dialogue.turns] == ["Name a fruit. It is yellow.", "That is a banana."]


def test_the_published_moss_layout_with_marks(tmp_path: Path):
    turns = {
        f"turn_{i + 1}": {"Human": f"<|Human|>: {ASKED[i]}<eoh>\n", "MOSS": f"<|MOSS|>: {ANSWERED[i]}<eom>\n"}
        for i in range(2)
    }
    (dialogue,) = read(write(tmp_path, {"chat": turns}), "moss", 1)
    assert [turn.text for turn in dialogue.turns][1::2] == list(ANSWERED)


def test_a_bad_record_costs_itself_alone_and_is_named(tmp_path: Path):
    path = tmp_path / "chats.jsonl"
    good = json.dumps(RECORDS["ultrachat"]).encode()
    path.write_bytes(b"\n".join([b"{not json", b'{"data": ["\xff"]}', b'{"data": 3}', b"[]", good, b'{"data": [1]}']))
    *rejects, dialogue, last, missing = read(path, "ultrachat", 7)
    assert [each.reason for each in rejects] == ["not_json", "not_utf8", "wrong_shape", "wrong_shape"]
    assert all(f"chats.jsonl:{line}" in each.detail for line, each in enumerate(rejects, start=1))
    assert all(each.final for each in rejects)
    assert dialogue.slot.index == 4
    assert "chats.jsonl:6" in last.detail
    assert missing.reason == "no_record"


def test_a_line_that_cannot_be_read_is_told_from_one_of_another_shape(tmp_path: Path):
    path = tmp_path / "chats.jsonl"
    path.write_text("[" * 100_000 + '\n{"chat": {"turn_one": {"Human": "Hi.", "MOSS": "Hello."}}}\n')
    nested, misnamed = read(path, "moss", 2)
    assert (nested.reason, nested.detail) == ("not_json", f"{path}:1: nested too deeply")
    assert (misnamed.reason, f"{path}:2" in misnamed.detail) == ("wrong_shape", True)


def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path: Path):
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps(RECORDS["moss"]) + "\n" + json.dumps(RECORDS["moss"]) + "\n", encoding="utf-8-sig")
    first, second = read(path, "moss", 2)
    assert first.turns == second.turns


def test_no_interruption_is_due_in_a_single_exchange(tmp_path: Path):
    records = [{"data": [ASKED[i], ANSWERED[i]]} for i in range(2)]
    dialogues = read(write(tmp_path, *records), "ultrachat", 2, turns={"min": 2, "max": 4}, interruption_share=1.0)
    assert [turn.interrupts for dialogue in dialogues for turn in dialogue.turns] == [False] * 4


def test_alpaca_has_two_turns_a_record():
    with pytest.raises(ValidationError, match=r"alpaca has two turns per record, but turns\.min is 4"):
        DialoguesConfig.model_validate({"source": "file", "file": {"path": "x.jsonl", "layout": "alpaca"}})


def test_blank_lines_do_not_count_as_records(tmp_path: Path):
    path = tmp_path / "chats.jsonl"
    path.write_text("\n\n" + json.dumps(RECORDS["moss"]) + "\n\n")
    (dialogue,) = read(path, "moss", 1)
    assert dialogue.source.endswith(":3")


def test_record_i_is_dialogue_i_whatever_else_is_read(tmp_path: Path):
    thanks = ["Thank you very much!", "Have a good stay with us."]
    path = write(tmp_path, *[{"data": [f"Is it room {n}?", f"Yes, room {n} on the left.", *thanks]} for n in range(5)])
    assert read(path, "ultrachat", 5)[3].turns[0].text == "Is it room 3?"


def test_long_dialogues_are_trimmed_to_whole_exchanges_and_short_ones_rejected(tmp_path: Path):
    path = write(tmp_path, RECORDS["ultrachat"], {"data": [*ASKED[:1], ANSWERED[0]]})
    trimmed, short = read(path, "ultrachat", 2, turns={"min": 2, "max": 2})
    assert (len(trimmed.turns), len(short.turns)) == (2, 2)
    _, short = read(path, "ultrachat", 2, turns={"min": 4, "max": 4})
    assert short.reason == "too_few_turns"


def test_neighbours_of_one_role_are_merged_and_a_last_question_is_left_out(tmp_path: Path):
    roles = ["user", "user", "assistant", "user"]
    texts = ["Good morning.", "Is it raining?", "No, the sun is out today.", "Nice, and tomorrow?"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    (dialogue,) = read(write(tmp_path, {"messages": messages}), "messages", 1, turns={"min": 2, "max": 4})
    assert [turn.text for turn in dialogue.turns] == ["Good morning. Is it raining?", "No, the sun is out today."]


def test_the_assistant_must_not_begin(tmp_path: Path):
    messages = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}]
    (reject,) = read(write(tmp_path, {"messages": messages}), "messages", 1)
    assert reject.reason == "assistant_first"


def test_a_filter_names_the_line(tmp_path: Path):
    path = write(tmp_path, {"data": ["What is the time?", "```\nimport time\n```", "Thanks.", "Sure."]})
    (reject,) = read(path, "ultrachat", 1)
    assert (reject.reason, reject.final) == ("code", True)
    assert "chats.jsonl:1" in reject.detail


def test_an_interruption_needs_a_turn_with_room_for_it(tmp_path: Path):
    path = write(tmp_path, RECORDS["moss"], {"data": ["Is it open?", "Yes.", "Thank you so much!", "Sure, bye."]})
    (dialogue,) = read(path, "moss", 1, interruption_share=1.0)
    assert [turn.interrupts for turn in dialogue.turns] == [False, False, True, False]
    _, reject = read(path, "ultrachat", 2, interruption_share=1.0)
    assert reject.reason == "too_short_to_interrupt"


def test_a_missing_file_stops_the_run(tmp_path: Path):
    with pytest.raises(BuildError, match=r"nowhere\.jsonl"):
        read(tmp_path / "nowhere.jsonl", "messages", 1)


def marked(index: int, **more: object) -> dict:
    entries = [dict(entry) for entry in RECORDS["messages"]["messages"]]
    entries[index] |= more
    return {"messages": entries}


def test_a_record_of_messages_may_mark_interruptions_and_backchannels(tmp_path: Path):
    listened = marked(2, backchannels=[{"after": "in the morning", "says": "right"}])
    path = write(tmp_path, marked(3, interrupts=True), listened)
    interrupted, heard = read(path, "messages", 2)
    assert [turn.interrupts for turn in interrupted.turns] == [False, False, True, False]
    (mark,) = heard.turns[1].backchannels
    assert (heard.turns[1].text[: mark.after], mark.text) == ("It opens at 9 in the morning,", "right")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (marked(1, interrupts=True), "wrong_shape"),
        (marked(2, interrupts=True), "wrong_shape"),
        (marked(2, backchannels=[{"after": "at noon", "says": "right"}]), "mark_nowhere"),
        (marked(2, backchannels=[{"after": "as it always does", "says": "right"}]), "mark_nowhere"),
        (
            marked(2, backchannels=[{"after": "in the morning", "says": "that is rather early I think"}]),
            "long_backchannel",
        ),
        (marked(2, backchannels=[{"after": "in the morning", "says": ""}]), "empty_backchannel"),
        (marked(2, backchannels=[{"says": "right"}]), "wrong_shape"),
    ],
)
def test_a_mark_that_cannot_be_is_named(tmp_path: Path, record: dict, reason: str):
    (reject,) = read(write(tmp_path, record), "messages", 1)
    assert (reject.reason, "chats.jsonl:1" in reject.detail) == (reason, True)
