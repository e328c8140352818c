"""The stage: scenes in, rows of the four token configs out."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from manifests.errors import RejectedError
from manifests.records import Aside, PlacedTurn, Reject, Scene, TokenRow
from stages.base import process_each
from stages.streams.config import StreamsConfig
from stages.streams.flatten import (
    STAGE,
    Flattened,
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
    lay_out_text,
)
from stages.streams.token_words import words_of_tokens
from stages.streams.tokenizers import open_text_tokenizer, vocabulary_of
from stages.units import open_speech_tokenizer
from stages.units.grid import unit_span

_NO_UNITS = np.zeros(0, np.int32)


@dataclass(frozen=True)
class SceneRows:
    """All rows of one scene.

    Attributes:
        notes: oddities and how often: turns with ``text_outlives_speech``, tokens with ``text_dropped_at_cut``.
    """

    rows: tuple[TokenRow, ...]
    notes: Mapping[str, int]


class StreamStage:
    """Tokenizes each channel from end to end, once, and flattens the result.

    Everything comes from the finished scene, so a corpus can be tokenized again from its `dialogues` alone.

    Raises:
        BuildError: a tokenizer is unavailable.
    """

    def __init__(self, config: StreamsConfig) -> None:
        self._config = config
        self._vocabulary = vocabulary_of(config)
        self._text = open_text_tokenizer(config.text_tokenizer)
        self._speech = open_speech_tokenizer(config.speech_tokenizer)

    def process(self, scenes: Iterable[Scene]) -> Iterator[SceneRows | Reject]:
        """Yield each scene's rows, preceded by what did not fit into a row; see `stages.base`."""
        for outcome in process_each(STAGE, scenes, lambda scene: scene.slot, self._flatten):
            if isinstance(outcome, Reject):
                yield outcome
                continue
            yield from (reject for flattened in outcome for reject in flattened.rejects)
            notes: Counter[str] = Counter()
            for flattened in outcome:
                notes.update(flattened.notes)
            yield SceneRows(tuple(row for flattened in outcome for row in flattened.rows), notes)

    def tokenize(self, scene: Scene) -> SceneTokens:
        """Return the scene's tokens; silence is added at its end if its last text would not fit otherwise.

        Raises:
            RejectedError: ``empty_scene``, or what the speech tokenizer raises.
        """
        if not len(scene.samples):
            raise RejectedError("empty_scene", "no audio")
        chunk = self._speech.chunk_units
        chunk_samples = chunk * scene.sample_rate / self._speech.rate_hz
        heard_chunks = math.ceil(len(scene.samples) / chunk_samples)
        units = heard_chunks * chunk
        said = sorted(scene.turns, key=attrgetter("start_s"))
        turns = tuple(self._tokens(turn, units, after) for turn, after in zip(said, [*said[1:], None], strict=True))
        beside = sorted(scene.asides, key=attrgetter("start_s"))
        asides = tuple(self._tokens(aside, units) for aside in beside)
        spoken = SceneTokens(scene.slot.dialogue_id, scene.slot.split, _NO_UNITS, _NO_UNITS, turns, asides)
        layout = lay_out_text(spoken.heard, chunk, self._config.chunk.text)
        # Whole chunks before any resampling: a part of one may otherwise round to one chunk more or less.
        whole_samples = math.floor(max(heard_chunks, layout.chunks) * chunk_samples)
        missing = max(whole_samples - len(scene.samples), 0)
        samples = np.pad(scene.samples, ((0, missing), (0, 0)))
        user, assistant = (self._speech.encode(samples[:, side], scene.sample_rate) for side in (0, 1))
        return replace(spoken, user=user, assistant=assistant)

    def _tokens(self, turn: PlacedTurn | Aside, units: int, after: PlacedTurn | None = None) -> TurnTokens:
        """Return the tokens of a turn; if it is cut, the one after it has interrupted it."""
        start, end = self._span(turn.start_s, turn.end_s, units)
        text = self._text.encode(turn.text)
        if turn.role == "user":
            return TurnTokens(turn.role, start, end, text)
        gives_way = None
        if turn.cut:
            interrupted = self._span(after.start_s, after.end_s, units)[0] if after else start
            gives_way = max(end - 1, interrupted)
        return TurnTokens(turn.role, start, end, text, self._written(turn, start, units), gives_way)

    def _written(self, turn: PlacedTurn | Aside, start: int, units: int) -> tuple[tuple[int, int], ...]:
        """Return the tokens of the whole text, each with the unit before whose chunk it must not stand."""
        text = turn.written if isinstance(turn, PlacedTurn) else turn.text
        tokens = self._text.encode(text)
        if self._config.text_at == "onset":
            return tuple((start, token) for token in tokens)
        begins = [self._span(word.start_s, word.end_s, units)[0] for word in turn.words]
        words = words_of_tokens(text, self._text)
        return tuple((begins[word], token) for word, token in zip(words, tokens, strict=True) if word < len(begins))

    def _span(self, start_s: float, end_s: float, units: int) -> tuple[int, int]:
        return unit_span(start_s, end_s, self._speech.rate_hz, units, self._speech.codebooks)

    def _flatten(self, scene: Scene) -> tuple[Flattened, ...]:
        tokens, vocabulary, config = self.tokenize(scene), self._vocabulary, self._config
        units, text = config.chunk.user, config.chunk.text
        return (
            flatten_alignment(tokens, vocabulary, config.alignment_max_length),
            flatten_four_stream(tokens, vocabulary, config.max_length),
            flatten_three_stream(tokens, vocabulary, units, text, config.max_length),
            flatten_two_stream(tokens, vocabulary, units, config.max_length),
        )
