"""Whether a stored row is what its config says: the check behind `build-corpus validate`."""

from collections.abc import Iterator

import numpy as np

from manifests.records import TokenRow
from stages.streams.config import StreamsConfig
from stages.streams.flatten import (
    unflatten_alignment,
    unflatten_four_stream,
    unflatten_three_stream,
    unflatten_two_stream,
)
from stages.streams.flatten.record import Mask
from stages.streams.vocabulary import Vocabulary

_SPAN_BRACKETS = 2


class RowChecker:
    """Parses rows and compares what their format requires with what is stored."""

    def __init__(self, config: StreamsConfig, vocabulary: Vocabulary) -> None:
        self._config = config
        self._vocabulary = vocabulary

    def problems(self, row: TokenRow) -> Iterator[str]:
        """Yield what is wrong with a row, one line each; nothing for a correct row."""
        length = len(row.input_ids)
        longest = self._config.alignment_max_length if row.config == "alignment" else self._config.max_length
        if not 0 < length <= longest:
            yield f"{length} tokens, expected 1 to {longest}"
            return
        try:
            expected = self._loss_mask(row)
        except ValueError as broken:
            yield str(broken)
            return
        if len(row.loss_mask) != length:
            yield f"loss_mask has {len(row.loss_mask)} values for {length} tokens"
            return
        differing = np.flatnonzero(row.loss_mask != expected)
        if len(differing):
            place = int(differing[0])
            yield (
                f"position {place}: loss_mask is wrongly {bool(row.loss_mask[place])}, "
                f"and {len(differing) - 1} more differ"
            )

    def _loss_mask(self, row: TokenRow) -> Mask:
        """Return the mask that the row's form demands.

        Raises:
            ValueError: the row has not its config's form.
        """
        if row.config == "alignment":
            return self._alignment_mask(row)
        if row.config == "four_stream":
            return self._four_stream_mask(row)
        units, text = self._config.chunk.user, self._config.chunk.text
        if row.config == "three_stream":
            unflatten_three_stream(row.input_ids, self._vocabulary, units, text)
            width = 2 * units + text
        else:
            unflatten_two_stream(row.input_ids, self._vocabulary, units)
            width = 2 * units
        return np.arange(len(row.input_ids)) % width >= units

    def _alignment_mask(self, row: TokenRow) -> Mask:
        turn = unflatten_alignment(row.input_ids, self._vocabulary)
        if turn.task != row.task:
            raise ValueError(f"position 0: an {turn.task} row, but its task is {row.task!r}")
        answer = _SPAN_BRACKETS + len(turn.text if turn.task == "asr" else turn.units)
        return np.arange(len(row.input_ids)) >= len(row.input_ids) - answer

    def _four_stream_mask(self, row: TokenRow) -> Mask:
        mask = np.ones(len(row.input_ids), np.bool_)
        start = 0
        for turn in unflatten_four_stream(row.input_ids, self._vocabulary):
            speech = _SPAN_BRACKETS + len(turn.units)
            if turn.role == "user":
                mask[start : start + speech] = False
            start += speech + _SPAN_BRACKETS + len(turn.text)
        return mask
