"""The questions to an assistant in held-out dialogues, and who answers: the corpus itself, baselines, a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from manifests.errors import BuildError
from manifests.records import DuplexConfig
from stages.streams.vocabulary import SILENT_SPEECH
from training.evaluation.baselines import TalkHabits, always_silent, always_talking, at_random, habits_of
from training.evaluation.corpus import EvaluatedCorpus, HeldOut, voiced_of
from training.evaluation.moments import Moment, UserTurn, moments_of, user_turns_of
from training.evaluation.respond import Response, Window, moment_window, turn_window, whole_window
from training.evaluation.scores import Scores, score
from training.loop.layout import ChunkLayout
from training.loop.voicing import Voiced

HABIT_DIALOGUES = 500
"""Of the training split, that the random baseline takes its habits from."""


@dataclass(frozen=True)
class Questions:
    """All questions, and the windows in which they are asked.

    Attributes:
        moments, turns: each with the number of its window.
        windows: in which an assistant answers.
    """

    moments: tuple[tuple[Moment, int], ...]
    turns: tuple[tuple[UserTurn, int], ...]
    windows: tuple[Window, ...]

    def check(self, address: str, split: str, dialogues: int) -> None:
        """Refuse an empty set of questions.

        Args:
            address, split, dialogues: which corpus and split they are of, and how many dialogues of it.

        Raises:
            BuildError: there are no moments.
        """
        if not self.moments:
            raise BuildError(
                f"{address}: nobody takes the floor in the {dialogues} dialogues of split {split}, so there is nothing "
                "to score; raise --limit, choose another --split, or choose other parts with --part"
            )


def questions_in(dialogues: Sequence[HeldOut], layout: ChunkLayout, whole: bool) -> Questions:
    """Return the decisions and user turns of some dialogues.

    Args:
        dialogues: held-out ones.
        layout: of their chunks.
        whole: one window for each dialogue instead of one for each decision and turn.
    """
    moments: list[tuple[Moment, int]] = []
    turns: list[tuple[UserTurn, int]] = []
    windows: list[Window] = []

    def number_of(window: Window) -> int:
        if not whole or not windows or windows[-1] != window:
            windows.append(window)
        return len(windows) - 1

    for place, dialogue in enumerate(dialogues):
        all_through = whole_window(place, dialogue)
        for moment in moments_of(dialogue.events):
            window = all_through if whole else moment_window(place, dialogue, moment, layout)
            moments.append((moment, number_of(window)))
        for turn in user_turns_of(dialogue.events):
            if turn.alone_from_s < turn.end_s:
                window = all_through if whole else turn_window(place, dialogue, turn, layout)
                turns.append((turn, number_of(window)))
    return Questions(tuple(moments), tuple(turns), tuple(windows))


@dataclass(frozen=True)
class Assistants:
    """Everyone's answers to the same questions.

    Attributes:
        dialogues, questions: what is asked, and where.
        layout: of the chunks.
        silent_speech: corpus id of the assistant's silence.
    """

    dialogues: Sequence[HeldOut]
    questions: Questions
    layout: ChunkLayout
    silent_speech: int

    def scores(self, answers: Sequence[Voiced], asked: Callable[[HeldOut], bool] = lambda _: True) -> Scores:
        """Score answers, one for each window; only those in dialogues that are `asked`."""
        wanted = [asked(self.dialogues[window.dialogue]) for window in self.questions.windows]
        moments = [(moment, answers[number]) for moment, number in self.questions.moments if wanted[number]]
        turns = [(turn, answers[number]) for turn, number in self.questions.turns if wanted[number]]
        return score(moments, turns, self.layout.frames_hz)

    def model(self, responses: Sequence[Response]) -> list[Voiced]:
        """Return a model's answers."""
        return [voiced_of(response.chunks, self.layout, self.silent_speech) for response in responses]

    def corpus(self) -> list[Voiced]:
        """Return what the dialogues themselves do: the highest score that an imitation of them can reach."""
        return [self._true(window.dialogue) for window in self.questions.windows]

    def baselines(self, habits: TalkHabits | None, seed: int) -> dict[str, list[Voiced]]:
        """Return the answers of the baselines, which hear nothing, by name; the random one needs habits."""
        named: dict[str, list[Voiced]] = {
            "always silent": self._answers(lambda frames, _: always_silent(frames)),
            "always talking": self._answers(lambda frames, _: always_talking(frames)),
        }
        if habits is not None:
            named["random"] = self._answers(lambda frames, number: at_random(frames, habits, seed, number))
        return named

    def _answers(self, baseline: Callable[[int, int], Voiced]) -> list[Voiced]:
        answers: list[Voiced] = []
        for number, window in enumerate(self.questions.windows):
            past = self._true(window.dialogue)[: window.start * self.layout.frames]
            answers.append(np.concatenate([past, baseline((window.end - window.start) * self.layout.frames, number)]))
        return answers

    def _true(self, dialogue: int) -> Voiced:
        return voiced_of(self.dialogues[dialogue].chunks, self.layout, self.silent_speech)


def corpus_habits(corpus: EvaluatedCorpus, config: DuplexConfig, dialogues: Sequence[HeldOut]) -> TalkHabits:
    """Return how the assistant talks in a corpus's train split, or in the given dialogues if there is none.

    Raises:
        ValueError: it never speaks there, or always does.
    """
    there = corpus.has_split("train")
    looked_at = corpus.held_out("train", config, HABIT_DIALOGUES) if there else dialogues
    layout, silent = corpus.layout(config), corpus.vocabulary.special(SILENT_SPEECH)
    return habits_of([voiced_of(dialogue.chunks, layout, silent) for dialogue in looked_at])
