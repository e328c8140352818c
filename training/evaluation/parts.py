"""The parts of an evaluation: each measures one ability of a checkpoint and shows its progress and rate."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rich.console import Console

from manifests.records import TOKEN_CONFIGS, DuplexConfig
from stages.streams import TextTokenizer, open_text_tokenizer
from stages.streams.vocabulary import SILENT_SPEECH
from stages.units import open_vocoder
from training.duplex.rows import Row
from training.evaluation.answers import answer_windows, answers_of
from training.evaluation.assistants import Assistants, corpus_habits, questions_in
from training.evaluation.baselines import TalkHabits
from training.evaluation.judge import VERDICTS, Judged, Verdict, judge, judged, verdict_lines
from training.evaluation.losses import Loss, token_losses
from training.evaluation.progress import Rate, part
from training.evaluation.record import CORPUS, MODEL
from training.evaluation.respond import Response, Window, respond
from training.evaluation.scores import Scores
from training.evaluation.speaking import SpeakingErrors, speak
from training.evaluation.subject import Options, Subject
from training.evaluation.transcription import AlignmentTurn, ErrorRates, transcribe

JUDGE_LANGUAGE = "en"
"""Of the recogniser that comes along."""


@dataclass
class EvaluationParts:
    """The parts of a subject's evaluation, one method each.

    Attributes:
        rates: of each part.
        left_out: what could not be measured, and why.
        files: what a part leaves for people to read, by file name.
    """

    console: Console
    subject: Subject
    options: Options
    rates: dict[str, Rate] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def turn_taking(self) -> tuple[dict[str, Scores] | None, dict[str, Scores]]:
        """Return everyone's scores, and the model's by user voices heard in training or not, if there are both.

        None if the model has not learned to talk.

        Raises:
            BuildError: nobody takes the floor in the dialogues.
        """
        subject = self.subject
        if subject.config is None:
            self.left_out["turn-taking"] = self._talks_not
            return None, {}
        layout = subject.corpus.layout(subject.config)
        questions = questions_in(subject.dialogues, layout, self.options.whole)
        questions.check(subject.corpus.address, self.options.split, len(subject.dialogues))
        assistants = Assistants(subject.dialogues, questions, layout, self._silent_speech)
        answers = assistants.model(self._respond("turn-taking", list(questions.windows)))
        everyone = {MODEL: answers, CORPUS: assistants.corpus()}
        everyone |= assistants.baselines(self._habits(subject.config), self.options.seed)
        voices: dict[str, Scores] = {}
        if subject.trained_missing is not None:
            self.left_out["user voices heard in training and not"] = subject.trained_missing
        else:
            heard = subject.heard_voices
            known = {dialogue.dialogue_id for dialogue in subject.dialogues if dialogue.voice in heard}
            if 0 < len(known) < len(subject.dialogues):
                voices["heard in training"] = assistants.scores(answers, lambda each: each.dialogue_id in known)
                voices["unheard in training"] = assistants.scores(answers, lambda each: each.dialogue_id not in known)
        return {who: assistants.scores(given) for who, given in everyone.items()}, voices

    def losses(self) -> dict[str, dict[str, Loss]]:
        """Return the token losses by config and stream, for the configs that have the split."""
        subject = self.subject
        found: dict[str, dict[str, Loss]] = {}
        for config in TOKEN_CONFIGS:
            if not subject.corpus.files(config, self.options.split):
                self.left_out[f"losses of {config}"] = f"the corpus has no split {self.options.split!r} of it"
                continue
            rows = subject.corpus.rows(config, self.options.split, self._dialogue_ids)
            plain = (Row(row.row_id, row.input_ids, row.loss_mask) for row in rows)
            with part(self.console, f"losses of {config}", None, "tokens") as (advance, rate):
                length = subject.stage.max_length
                found[config] = token_losses(subject.model, subject.tokens, plain, length, advance)
            self.rates[f"losses of {config}"] = rate
        return found

    def transcription(self) -> ErrorRates | None:
        """Return the model's errors as a recogniser."""
        turns = self._turns("asr")
        if not turns:
            self.left_out["transcription"] = "the split's alignment config has no turns"
            return None
        with part(self.console, "speech to text", len(turns), "turns") as (advance, rate):
            errors = transcribe(self.subject.model, self.subject.tokens, self._text, turns, advance)
        self.rates["speech to text"] = rate
        return errors

    def speaking(self) -> SpeakingErrors | None:
        """Return a recogniser's errors on the model's speech; None if no vocoder or recogniser supports it."""
        subject, options = self.subject, self.options
        vocoder = open_vocoder(subject.corpus.streams.speech_tokenizer)
        turns = [turn for turn in self._turns("tts") if turn.language == JUDGE_LANGUAGE]
        if vocoder is None:
            self.left_out["speaking"] = f"there is no vocoder for units of {subject.tokens.vocabulary.unit_tokenizer}"
            return None
        if not turns:
            self.left_out["speaking"] = "the split has no turns in English, the recogniser's only language"
            return None
        with part(self.console, "text to speech", len(turns), "turns") as (advance, rate):
            errors = speak(
                subject.model, subject.tokens, self._text, vocoder, turns, options.sampling, options.seed, advance
            )
        self.rates["text to speech"] = rate
        return errors

    def judged(self) -> dict[str, Judged] | None:
        """Return an LLM's verdicts on the model's answers and on the corpus's own, if an LLM was given.

        If the endpoint refuses, the report says so; earlier measurements and verdicts are kept.
        """
        subject, config = self.subject, self.options.judge
        if config is None:
            self.left_out["judge"] = "no LLM was given (--judge)"
            return None
        if subject.config is None:
            self.left_out["judge"] = self._talks_not
            return None
        layout = subject.corpus.layout(subject.config)
        places = answer_windows(subject.dialogues, layout)
        if not layout.text or not places:
            self.left_out["judge"] = "two_stream has no text" if places else "there is no complete assistant turn"
            return None
        responses = self._respond("answers", [window for window, _ in places])
        of_model, of_corpus = answers_of(subject.dialogues, places, responses, layout, self._text)
        given: dict[str, list[Verdict]] = {}
        for whose, answers in ((MODEL, of_model), (CORPUS, of_corpus)):
            doing = f"verdicts on the {whose}"
            with part(self.console, doing, len(answers), "answers") as (advance, rate):
                verdicts = judge(config, answers, advance)
            if verdicts.given:
                given[whose], self.rates[doing] = verdicts.given, rate
            if verdicts.missing:
                self.left_out[doing] = verdicts.missing
        if not given:
            return None
        self.files[VERDICTS] = "".join(verdict_lines(ones, whose=whose) for whose, ones in given.items())
        return {whose: judged(ones) for whose, ones in given.items()}

    def _respond(self, doing: str, windows: list[Window]) -> list[Response]:
        chunks = sum(window.end - window.start for window in windows)
        model = self.subject.duplex_model(self.options.sampling)
        with part(self.console, doing, chunks, "chunks of 400 ms") as (advance, rate):
            responses = respond(model, self.subject.dialogues, windows, self.options.seed, advance)
        self.rates[doing] = rate
        return responses

    def _habits(self, config: DuplexConfig) -> TalkHabits | None:
        subject = self.subject
        try:
            return corpus_habits(subject.corpus, config, subject.dialogues)
        except ValueError as error:
            self.left_out["random baseline"] = str(error)
            return None

    def _turns(self, task: str) -> list[AlignmentTurn]:
        return [turn for _, turn in zip(range(self.options.turns), self._all_turns(task), strict=False)]

    def _all_turns(self, task: str) -> Iterator[AlignmentTurn]:
        if not self.subject.corpus.files("alignment", self.options.split):
            return
        languages = {dialogue.dialogue_id: dialogue.language for dialogue in self.subject.dialogues}
        for row in self.subject.corpus.rows("alignment", self.options.split, self._dialogue_ids):
            if row.task == task:
                yield AlignmentTurn(row, languages[row.dialogue_id])

    @property
    def _talks_not(self) -> str:
        stage = self.subject.stage
        return f"stage {stage.name} ({', '.join(stage.configs)}) has not learned to talk in full duplex"

    @property
    def _dialogue_ids(self) -> frozenset[str]:
        return frozenset(dialogue.dialogue_id for dialogue in self.subject.dialogues)

    @property
    def _silent_speech(self) -> int:
        return self.subject.tokens.vocabulary.special(SILENT_SPEECH)

    @cached_property
    def _text(self) -> TextTokenizer:
        return open_text_tokenizer(self.subject.corpus.streams.text_tokenizer)
