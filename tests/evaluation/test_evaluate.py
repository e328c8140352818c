"""A checkpoint is evaluated as a person would: a folder, a corpus, a table; and what is wrong is said."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from rich.console import Console

from manifests import tables
from manifests.errors import BuildError
from manifests.records import TOKEN_CONFIGS
from tests.evaluation.held_out import write_corpus, write_model
from tests.loop.tiny_models import TWO_CODEBOOKS, VOCABULARY
from tests.published import record_published
from training.evaluation.assistants import Assistants, questions_in
from training.evaluation.corpus import EvaluatedCorpus, HeldOut
from training.evaluation.evaluate import evaluate
from training.evaluation.moments import Moment
from training.evaluation.respond import Window, moment_window, respond
from training.evaluation.subject import Options, open_subject, parts_left_out
from training.loop.layout import ChunkLayout
from training.loop.sampling import Sampling

QUIET = Console(quiet=True)
TALK_ALONE = Options(parts=("turn-taking",))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "small")


@pytest.fixture(scope="module")
def checkpoint(corpus, tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "final", corpus)


def test_a_dialogue_is_its_rows_together_with_its_events(corpus):
    (first, second) = EvaluatedCorpus(str(corpus)).held_out("test", "three_stream", None)

    assert first.chunks.shape == (27, 22)
    assert (first.voice, second.voice) == ("a", "c")
    assert len(first.events) == 9


def test_the_model_remembers_the_longest_row_of_its_training_where_that_is_told(corpus, checkpoint):
    subject = open_subject(checkpoint, str(corpus), Options())
    told = replace(subject, facts={**subject.facts, "longest_row": 110})

    assert told.duplex_model(Sampling()).network.config.sliding_window == 110
    assert subject.duplex_model(Sampling()).network.config.sliding_window == 440


def test_of_a_large_split_no_more_is_read_than_some_dialogues_need(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 2)
    corpus = write_corpus(tmp_path / "corpus", voices={"test": ("a", "b", "c")})
    for config in ("dialogues", *TOKEN_CONFIGS):
        (corpus / "data" / config / "test" / "shard-00001.parquet").write_bytes(b"PAR1 and no more")
    record_published(corpus)
    opened = EvaluatedCorpus(str(corpus))
    every = {
        config: pq.read_table(corpus / "data" / config / "test" / "shard-00000.parquet") for config in TOKEN_CONFIGS
    }

    (first, second) = opened.held_out("test", "three_stream", 2)

    assert [one.dialogue_id for one in (first, second)] == ["test-000", "test-001"]
    assert [len(one.chunks) for one in (first, second)] == [27, 27]
    for config, table in every.items():
        for name in ("test-000", "test-001"):
            rows = opened.rows(config, "test", frozenset([name]))
            assert len([*rows]) == table["dialogue_id"].to_pylist().count(name)
    assert [name for name, _, _ in opened.audio("test", frozenset([first.dialogue_id]))] == ["test-000"]
    with pytest.raises(BuildError, match=r"test/shard-00001.parquet can't be read as a table of dialogues"):
        opened.held_out("test", "three_stream", None)


def test_the_corpuss_own_assistant_does_what_its_events_say(corpus):
    opened = EvaluatedCorpus(str(corpus))
    layout = opened.layout("three_stream")
    dialogues = opened.held_out("test", "three_stream", 1)
    silent = VOCABULARY.special("silent_speech_token")
    assistants = Assistants(dialogues, questions_in(dialogues, layout, whole=False), layout, silent)

    scores = assistants.scores(assistants.corpus())

    assert scores.of("assistant_takes", "turn").moments == 2
    assert scores.of("assistant_takes", "turn").mean_ms == pytest.approx(200)
    assert scores.of("assistant_takes", "interruption").mean_ms == pytest.approx(390)
    assert scores.of("user_takes", "interruption").mean_ms == pytest.approx(400)
    assert scores.of("user_takes", "turn").mean_ms == pytest.approx(200)
    assert scores.of("assistant_keeps").left == 0
    assert scores.of("assistant_keeps", "backchannel").moments == 1
    assert (scores.floor.false_starts, scores.floor.user_turns) == (0, 1)


def test_the_model_is_met_with_the_truth_up_to_the_chunk_of_the_decision(corpus, checkpoint):
    subject = open_subject(checkpoint, str(corpus), TALK_ALONE)
    layout = subject.corpus.layout("three_stream")
    questions = questions_in(subject.dialogues, layout, whole=False)
    responses = respond(subject.duplex_model(Sampling()), subject.dialogues, questions.windows, 0, lambda _: None)

    for moment, number in questions.moments:
        window = questions.windows[number]
        true = subject.dialogues[window.dialogue].chunks
        assert window.start == int(moment.at_s / 0.4 + 1e-9)
        assert window.end * 0.4 >= min(moment.at_s + 1.5, 10.8)
        assert np.array_equal(responses[number].chunks[: window.start], true[: window.start])
        assert np.array_equal(responses[number].chunks[:, :10], true[: window.end, :10])


def test_a_window_is_answered_the_same_whatever_runs_beside_it(corpus, checkpoint):
    subject = open_subject(checkpoint, str(corpus), TALK_ALONE)
    windows = questions_in(subject.dialogues, subject.corpus.layout("three_stream"), whole=False).windows
    model = subject.duplex_model(Sampling())

    several = respond(model, subject.dialogues, windows, 3, lambda _: None)
    first = respond(model, subject.dialogues, windows[:1], 3, lambda _: None)

    assert np.array_equal(several[0].chunks, first[0].chunks)


def test_everything_is_measured_and_written_down(corpus, checkpoint, tmp_path):
    parts = ("turn-taking", "losses", "transcription")
    evaluate(QUIET, checkpoint, str(corpus), Options(parts=parts, turns=3), tmp_path)

    found = json.loads((tmp_path / "evaluation.json").read_text())
    figures = found["figures"]
    assert set(figures["assistant_acc"]) == {"1", "5", "10", "25"}
    assert figures["baseline_always_talking_assistant_acc"] == {"1": 1, "5": 1, "10": 1, "25": 1}
    assert figures["baseline_always_talking_user_acc"] == {"1": 0, "5": 0, "10": 0, "25": 0}
    assert figures["baseline_always_talking_false_start_turns"] == 1
    assert figures["baseline_always_silent_assistant_acc"] == {"1": 0, "5": 0, "10": 0, "25": 0}
    assert figures["corpus_itself_false_start_rate"] == 0
    assert "baseline_random_assistant_ms" in figures
    assert found["measured_on"] | {"address": ""} == {
        "address": "",
        "corpus": "small",
        "timing": "paper",
        "split": "test",
        "dialogues": 2,
        "voices": 2,
        "trained_on": "small",
        "trained_timing": "paper",
        "unheard_voices": 1,
    }
    assert found["losses"]["three_stream"]["units"]["tokens"] > 0
    assert found["losses"]["four_stream"]["user_text"]["tokens"] == 2 * 3 * 3
    assert found["transcription"]["turns"] == 3
    assert found["left_out"]["speaking"] == "not selected"
    assert "judge" in found["left_out"]

    report = (tmp_path / "evaluation.md").read_text()
    for expected in (
        "| OmniFlatten | arXiv 2410.17799",
        "20.6/53.6/66.3/71.7 | 193",
        "small (paper), test, 2 dialogues",
        "user voices unheard in training",
        "failed_interruption",
    ):
        assert expected in report
    assert (tmp_path / "response-assistant-takes.svg").read_text().startswith("<svg")


def test_a_stage_without_alignment_is_not_measured_on_it_unless_asked(corpus, checkpoint, tmp_path):
    by_default = Options(limit=1, turns=3)
    found = evaluate(QUIET, checkpoint, str(corpus), by_default, tmp_path / "full")

    assert found.scores is not None
    assert found.losses is not None
    assert (found.transcription, found.speaking) == (None, None)
    reason = (
        "stage full (three_stream) was not trained on alignment, and a model forgets it; measure it anyway with --part "
    )
    report = (tmp_path / "full" / "evaluation.md").read_text()
    for part in ("transcription", "speaking"):
        assert found.left_out[part] == reason + part
        assert f"- {part}: {reason}{part}" in report

    aligned = write_model(tmp_path / "final", corpus, stage="alignment")
    assert parts_left_out(None, open_subject(aligned, str(corpus), by_default).stage) == {}


def test_the_same_seed_gives_the_same_scores_and_another_others(corpus, checkpoint, tmp_path):
    def scores(seed):
        return evaluate(QUIET, checkpoint, str(corpus), Options(parts=("turn-taking",), seed=seed), tmp_path).scores

    assert scores(1) == scores(1)
    assert scores(1) != scores(2)


def test_whole_dialogues_are_talked_through(corpus, checkpoint, tmp_path):
    found = evaluate(QUIET, checkpoint, str(corpus), Options(parts=("turn-taking",), whole=True), tmp_path)

    assert found.settings["free run"] == "whole dialogues"
    assert found.scores["model"].of("assistant_takes").moments == 6
    assert found.rates["turn-taking"].startswith("54 chunks")


def test_a_checkpoint_of_the_last_stage_speaks_without_text(corpus, tmp_path):
    checkpoint = write_model(tmp_path / "final", corpus, stage="speech")

    found = evaluate(QUIET, checkpoint, str(corpus), TALK_ALONE, tmp_path)

    assert found.settings["config"] == "two_stream"
    assert found.scores["model"].of("assistant_takes").moments == 6


def test_a_corpus_that_is_gone_leaves_the_voices_untold(corpus, tmp_path):
    checkpoint = write_model(tmp_path / "final", tmp_path / "gone")

    found = evaluate(QUIET, checkpoint, str(corpus), TALK_ALONE, tmp_path)

    assert found.voices == {}
    assert found.measured_on.unheard_voices is None
    report = (tmp_path / "evaluation.md").read_text()
    assert "trained on gone (no longer available as it was)." in report
    why = f"there is no training corpus at {tmp_path / 'gone'}"
    assert f"- user voices heard in training and not: {why}\n" in report.split("## Not measured")[1]


def test_a_corpus_that_was_built_anew_leaves_the_voices_untold(tmp_path):
    trained_on = write_corpus(tmp_path / "corpus")
    checkpoint = write_model(tmp_path / "final", trained_on)
    write_corpus(trained_on, voices={"train": ("a",), "test": ("a", "c")})

    found = evaluate(QUIET, checkpoint, str(trained_on), TALK_ALONE, tmp_path)

    assert found.measured_on.unheard_voices is None
    assert found.measured_on.trained_on == "small"
    assert "was rebuilt since" in found.left_out["user voices heard in training and not"]


def test_another_vocabulary_is_refused_with_both(checkpoint, tmp_path):
    other = write_corpus(tmp_path / "other", vocabulary=TWO_CODEBOOKS)

    with pytest.raises(BuildError, match=r"codebooks is 2, but the checkpoint was trained with 1"):
        open_subject(checkpoint, str(other), Options())


def test_chunks_of_another_layout_are_refused_with_both(checkpoint, tmp_path):
    other = write_corpus(tmp_path / "other")
    config = yaml.safe_load((other / "config.yaml").read_text())
    config["streams"]["chunk"]["text"] = 5
    (other / "config.yaml").write_text(yaml.safe_dump(config))

    with pytest.raises(
        BuildError, match=r"chunks with 2 text tokens, but those of .*other have 5 \(streams.chunk.text\)"
    ):
        open_subject(checkpoint, str(other), Options())


def test_a_checkpoint_that_has_not_learned_to_talk_is_not_scored_on_it(corpus, tmp_path):
    checkpoint = write_model(tmp_path / "final", corpus, stage="half")

    found = evaluate(QUIET, checkpoint, str(corpus), Options(parts=("turn-taking", "losses")), tmp_path)

    assert found.scores is None
    assert found.left_out["turn-taking"] == "stage half (four_stream) has not learned to talk in full duplex"
    assert found.losses["four_stream"]["all"].nats > 0


def test_a_config_without_the_split_is_left_out_and_said(checkpoint, tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "data" / "four_stream" / "test" / "shard-00000.parquet").unlink()
    record_published(corpus)

    found = evaluate(QUIET, checkpoint, str(corpus), Options(parts=("losses",)), tmp_path)

    assert set(found.losses) == {"alignment", "three_stream", "two_stream"}
    assert found.left_out["losses of four_stream"] == "the corpus has no split 'test' of it"


def test_a_missing_split_is_named_with_those_that_are_there(corpus, checkpoint):
    with pytest.raises(BuildError, match=r"dialogues has no split 'validation'; it has train, test"):
        open_subject(checkpoint, str(corpus), Options(split="validation"))


def test_an_empty_split_is_named(checkpoint, tmp_path):
    empty = write_corpus(tmp_path / "empty", voices={"train": ("a",), "test": ()})

    with pytest.raises(BuildError, match=r"split 'test' has no dialogues"):
        open_subject(checkpoint, str(empty), Options())


def test_a_split_without_turns_is_not_scored_zero(checkpoint, tmp_path):
    silent = write_corpus(tmp_path / "silent", turns=False)

    with pytest.raises(BuildError, match=r"nobody takes the floor in the 2 dialogues of split test"):
        evaluate(QUIET, checkpoint, str(silent), TALK_ALONE, tmp_path)


def test_a_folder_without_a_corpus_or_checkpoint_is_named(corpus, checkpoint, tmp_path):
    with pytest.raises(BuildError, match="no published corpus"):
        open_subject(checkpoint, str(tmp_path), Options())
    with pytest.raises(BuildError, match="is not a complete checkpoint"):
        open_subject(tmp_path, str(corpus), Options())


def test_an_answer_that_the_corpus_begins_early_is_not_given_away():
    early = Moment("assistant_takes", "turn", 5.0, lead_s=0.9)
    dialogue = HeldOut("d", "en", "a", (), (), np.zeros((30, 22), np.int32))

    assert moment_window(0, dialogue, early, ChunkLayout(10, 2)) == Window(0, 10, 17)
