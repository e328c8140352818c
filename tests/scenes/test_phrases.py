from manifests.records import BackchannelMark, Dialogue, Slot, TextTurn
from stages.scenes.phrases import BackchannelPhrases, backchannels_of
from tests.scenes.profiles import profile

ENGLISH = BackchannelPhrases()
TALK = " ".join(["word"] * 40)


def dialogue(index: int = 0, language: str = "en", marks: tuple[BackchannelMark, ...] = ()) -> Dialogue:
    turns = (TextTurn("user", TALK, TALK), TextTurn("assistant", TALK, TALK, False, marks))
    return Dialogue(Slot(index, f"d{index}", "train"), language, "test", "", turns)


def spoken(written: Dialogue, rates: tuple[float, float], phrases: BackchannelPhrases = ENGLISH) -> list[TextTurn]:
    user, assistant = rates
    text = f"{{profile: paper, backchannel: {{user: {{per_minute: {user}}}, assistant: {{per_minute: {assistant}}}}}}}"
    return list(backchannels_of(written, profile(text), phrases, 1))


def test_a_profile_without_backchannels_needs_none() -> None:
    assert spoken(dialogue(), (0, 0)) == []


def test_as_many_are_spoken_as_the_scene_is_expected_to_hold() -> None:
    # Each hears the other for 40 words, 12 s.
    wanted = spoken(dialogue(), (12, 2))
    assert [turn.role for turn in wanted] == ["user"] * 3 + ["assistant"]
    assert len({turn.text for turn in wanted if turn.role == "user"}) == 3
    assert {turn.text for turn in wanted if turn.role == "user"} <= set(ENGLISH.user["en"])
    assert len(spoken(dialogue(), (60, 0))) == len(ENGLISH.user["en"])


def test_phrases_are_those_of_the_language() -> None:
    (wanted,) = spoken(dialogue(language="zh"), (1, 0))
    assert wanted.text in ENGLISH.user["zh"]
    assert spoken(dialogue(language="fr"), (1, 1)) == []


def test_an_empty_list_says_nothing() -> None:
    assert spoken(dialogue(), (9, 0), BackchannelPhrases(user={"en": ()})) == []


def test_what_the_script_marks_is_spoken_instead_and_once() -> None:
    marks = (BackchannelMark(4, "mm-hm"), BackchannelMark(9, "mm-hm"), BackchannelMark(14, "wow"))
    wanted = spoken(dialogue(marks=marks), (60, 2))
    assert [turn.text for turn in wanted if turn.role == "user"] == ["mm-hm", "wow"]
    assert [turn.role for turn in wanted] == ["user", "user", "assistant"]


def test_phrases_depend_on_the_dialogue_alone() -> None:
    assert spoken(dialogue(3), (12, 2)) == spoken(dialogue(3), (12, 2))
    assert len({tuple(spoken(dialogue(index), (12, 0))) for index in range(6)}) > 1
