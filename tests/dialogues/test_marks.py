import pytest

from manifests.errors import RejectedError
from stages.dialogues.marks import RawMark, place_marks

TEXT = "It opens at nine, as always, and the opening is free."


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ("at nine", "It opens at nine,"),
        ("AT NINE,", "It opens at nine,"),
        ("always", "It opens at nine, as always,"),
        ("open", ""),
        ("pens", ""),
        ("is free", ""),
        ("", ""),
    ],
)
def test_a_mark_stands_behind_whole_words_inside_the_text(after: str, before: str) -> None:
    if not before:
        with pytest.raises(RejectedError, match="mark_nowhere"):
            place_marks(TEXT, [RawMark(after, "right")])
        return
    (mark,) = place_marks(TEXT, [RawMark(after, "right")])
    assert TEXT[: mark.after] == before


def test_marks_in_chinese_stand_behind_characters() -> None:
    text = "火车九点开，请早点来。"
    (mark,) = place_marks(text, [RawMark("九点开", "嗯")])
    assert text[: mark.after] == "火车九点开，"


def test_marks_come_in_the_order_of_their_places() -> None:
    marks = place_marks(TEXT, [RawMark("always", "oh"), RawMark("at nine", "right")])
    assert [mark.text for mark in marks] == ["right", "oh"]
