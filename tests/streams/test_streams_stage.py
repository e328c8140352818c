"""The stage on scenes: one bad scene never stops the others, and nothing depends on its company."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from manifests.records import PlacedTurn, Reject, Scene, Slot, Word
from stages.streams import RowChecker, StreamsConfig, StreamStage, vocabulary_of
from stages.streams.flatten import lay_out_text
from stages.streams.text_tokenizer import Qwen2Tokenizer
from stages.written_words import split_words

RATE = 16_000


@pytest.fixture(scope="module")
def stage():
    return StreamStage(StreamsConfig())


def scene(index: int = 0, seconds: float = 3.0, *turns: PlacedTurn, rate: int = RATE) -> Scene:
    rng = np.random.default_rng(index)
    samples = (0.1 * rng.standard_normal((int(seconds * rate), 2))).astype(np.float32)
    slot = Slot(index, f"d-{index:06d}", "train")
    return Scene(slot, "en", "test", rate, samples, turns or TALK, (), None, "characters")


def turn(role, text: str, start_s: float, end_s: float) -> PlacedTurn:
    """A turn whose words take equally long."""
    said = [word.text for word in split_words(text)]
    times = np.linspace(start_s, end_s, len(said) + 1).tolist()
    words = tuple(Word(word, *span) for word, span in zip(said, pairwise(times), strict=True))
    return PlacedTurn(role, text, text, "voice", start_s, end_s, words, "engine")


def cut_at(whole: PlacedTurn, stop_s: float) -> PlacedTurn:
    """The turn cut as an interruption does: what has ended by then is heard."""
    words = tuple(word for word in whole.words if word.end_s <= stop_s)
    heard = whole.text[: split_words(whole.text)[len(words) - 1].end]
    return replace(whole, text=heard, words=words, end_s=stop_s, cut=True)


def text_of(stage: StreamStage, made: Scene) -> list[list[int]]:
    """The text slots of each chunk."""
    tokens = stage.tokenize(made)
    slots = dict(lay_out_text(tokens.heard, 10, 2).slots)
    return [[slots.get(2 * chunk + place, -1) for place in (0, 1)] for chunk in range(len(tokens.user) // 10)]


TALK = (turn("user", "Hello there.", 0.2, 1.0), turn("assistant", "Hi! How can I help?", 1.2, 2.6))


def configs_of(rows):
    return {row.config for row in rows}


def test_a_scene_gives_rows_of_all_four_configs_that_validate(stage):
    (result,) = stage.process([scene()])
    assert configs_of(result.rows) == {"alignment", "four_stream", "three_stream", "two_stream"}
    checker = RowChecker(StreamsConfig(), vocabulary_of(StreamsConfig()))
    assert [problem for row in result.rows for problem in checker.problems(row)] == []


def test_rows_do_not_depend_on_the_other_scenes(stage):
    alone = next(iter(stage.process([scene(1)])))
    among = list(stage.process([scene(0), scene(1), scene(2)]))[1]
    for one, other in zip(alone.rows, among.rows, strict=True):
        assert one.row_id == other.row_id
        assert np.array_equal(one.input_ids, other.input_ids)


def test_a_bad_scene_is_rejected_and_the_others_go_on(stage):
    broken = scene(1)
    broken.samples[5, 0] = np.nan
    empty = replace(scene(2), samples=np.zeros((0, 2), np.float32))
    first, bad, none, last = stage.process([scene(0), broken, empty, scene(3)])
    assert isinstance(bad, Reject)
    assert isinstance(none, Reject)
    assert (bad.reason, bad.final) == ("audio_not_finite", True)
    assert none.reason == "empty_scene"
    assert first.rows
    assert last.rows


def test_a_turn_spans_every_unit_it_touches(stage):
    tokens = stage.tokenize(scene(0, 3.0, turn("user", "Hi.", 0.28, 0.41)))
    assert (tokens.turns[0].start, tokens.turns[0].end) == (7, 11)


def test_a_scene_too_short_for_its_last_text_is_lengthened_with_silence(stage):
    long = "one two three four five six seven eight nine ten eleven twelve"
    tokens = stage.tokenize(scene(0, 1.0, turn("assistant", long, 0.0, 0.9)))
    assert len(tokens.user) == len(tokens.assistant) == 60
    (result,) = stage.process([scene(0, 1.0, turn("assistant", long, 0.0, 0.9))])
    assert result.notes == {"text_outlives_speech": 1}


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100])
def test_scenes_of_any_rate_have_the_same_grid(stage, rate):
    for seconds, units in ((2.8, 70), (2.81, 80), (3.0, 80)):
        assert len(stage.tokenize(scene(0, seconds, rate=rate)).user) == units


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100])
def test_scenes_of_any_rate_are_lengthened_by_whole_chunks(stage, rate):
    seven_tokens = turn("assistant", "Hi! How can I help?", 1.2, 2.0)
    assert len(stage.tokenize(scene(0, 2.0, seven_tokens, rate=rate)).user) == 70


LONG = "It opens at nine, as always. The ticket is free on Sundays, and so is the guide, unless you come in a group."
CHINESE = "博物馆明天早上九点开门，周日免费参观，讲解也不收钱，除非你们是一个旅行团。"


@pytest.mark.parametrize("text_at", ["onset", "word"])
@pytest.mark.parametrize("text", [LONG, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize(("after", "pause_s", "reaction_s"), [(5, 0, 0.2), (8, 0, 0.7), (9, 0, 0.0), (6, 1.5, None)])
def test_before_the_user_begins_the_text_is_the_same_whether_the_user_interrupts_or_not(
    text_at, text, after, pause_s, reaction_s
):
    """The user begins with a word of the assistant's; without a reaction, the assistant was in a pause before it."""
    stage = StreamStage(StreamsConfig.model_validate({"text_at": text_at}))
    whole = turn("assistant", text, 0.9, 7.0)
    later = [replace(word, start_s=word.start_s + pause_s, end_s=word.end_s + pause_s) for word in whole.words[after:]]
    whole = replace(whole, words=(*whole.words[:after], *later), end_s=7.0 + pause_s)
    onset_s = whole.words[after].start_s
    stop_s = whole.words[after - 1].end_s if reaction_s is None else onset_s + reaction_s
    cut, asks = cut_at(whole, stop_s), turn("user", "When does it open?", 0.0, 0.8)
    goes_on = text_of(stage, scene(0, 9.0, asks, whole))
    interrupted = text_of(stage, scene(0, 9.0, asks, cut, turn("user", "Wait!", onset_s, onset_s + 0.5)))
    begins = int(onset_s / 0.4)
    assert interrupted[:begins] == goes_on[:begins]
    assert any(token >= 0 for chunk in interrupted[:begins] for token in chunk)
    stops = int(max(onset_s, stop_s) / 0.4)
    assert all(chunk == [-1, -1] for chunk in interrupted[stops + 1 :])


def test_a_cut_turns_spans_hold_what_was_heard(stage):
    cut = cut_at(turn("assistant", LONG, 0.2, 7.0), 2.0)
    tokens = stage.tokenize(scene(0, 3.0, cut, turn("user", "Wait!", 1.8, 2.6))).turns[0]
    tokenizer = Qwen2Tokenizer()
    assert tokens.text == tokenizer.encode(cut.text)
    assert tuple(token for _, token in tokens.written) == tokenizer.encode(LONG)


@pytest.mark.parametrize("text", [LONG, CHINESE], ids=["english", "chinese"])
def test_text_at_its_words_is_that_of_the_onset_later_and_no_earlier_than_it_is_spoken(text):
    said = scene(0, 9.0, turn("assistant", text, 0.9, 8.0))
    onset, word = (StreamStage(StreamsConfig.model_validate({"text_at": at})) for at in ("onset", "word"))
    early, late = (lay_out_text(stage.tokenize(said).heard, 10, 2).slots for stage in (onset, word))
    assert [token for _, token in early] == [token for _, token in late] == list(Qwen2Tokenizer().encode(text))
    assert all(sooner <= later for (sooner, _), (later, _) in zip(early, late, strict=True))
    assert late[-1][0] // 2 in (19, 20)
    begun = [sum(spoken.start_s < 0.4 * (slot // 2 + 1) for spoken in said.turns[0].words) for slot, _ in late]
    tokens = [token for _, token in late]
    for place, words in enumerate(begun, start=1):
        written = Qwen2Tokenizer().decode(tokens[:place]).rstrip("\ufffd")
        assert len(split_words(written)) <= words


def test_a_turn_too_long_for_alignment_is_reported_before_the_rows(stage):
    words = " ".join(["word"] * 1100)
    reject, result = stage.process([scene(0, 3.0, turn("user", words, 0.2, 1.0))])
    assert (reject.reason, reject.final) == ("alignment_too_long", False)
    assert configs_of(result.rows) == {"four_stream", "three_stream", "two_stream"}
