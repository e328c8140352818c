"""Keys and values of the tokens that attention looks back on, in memory taken once.

The sliding layer of `transformers` joins the window and each new token anew, in every layer and for every token.
"""

from torch import Tensor
from transformers import Cache, Qwen2Config
from transformers.cache_utils import DynamicSlidingWindowLayer


class WindowCache(Cache):
    """The cache of a model whose every layer attends to a window; empty at first.

    Args:
        config: the model's; `sliding_window` is the window's length in tokens.

    Raises:
        ValueError: the model attends to everything.
    """

    def __init__(self, config: Qwen2Config) -> None:
        if config.sliding_window is None:
            raise ValueError("the model has no window; training.loop.duplex_model.windowed gives it one")
        self._layers = [_WindowLayer(config.sliding_window) for _ in range(config.num_hidden_layers)]
        super().__init__(layers=list(self._layers))

    @property
    def tokens(self) -> int:
        """How many tokens it holds of each conversation."""
        return self._layers[0].kept


class _WindowLayer(DynamicSlidingWindowLayer):  # type: ignore[no-untyped-call]
    """A layer's last `window - 1` tokens, somewhere in a buffer; `keys` and `values` are views of them.

    New tokens go behind them. Where the buffer ends, the window moves back to its beginning: once in a window's length.
    The buffer grows with what it holds, to two windows.
    """

    _start = _end = 0

    @property
    def kept(self) -> int:
        """How many tokens it holds."""
        return self._end - self._start

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        super().lazy_initialization(key_states, value_states)
        self._keys, self._values = key_states[..., :0, :], value_states[..., :0, :]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Add tokens; return the window with all of them, shapes (batch, heads, at most window - 1 + new, width)."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        added = key_states.shape[-2]
        self.cumulative_length += added
        self._make_room(added)
        start, end = self._start, self._end + added
        self._keys[..., self._end : end, :] = key_states
        self._values[..., self._end : end, :] = value_states
        self._start, self._end = max(start, end - self.sliding_window + 1), end
        self.keys, self.values = self._keys[..., self._start : end, :], self._values[..., self._start : end, :]
        return self._keys[..., start:end, :], self._values[..., start:end, :]

    def _make_room(self, added: int) -> None:
        """Move the window to where so many tokens fit behind it."""
        if self._end + added <= self._keys.shape[-2]:
            return
        kept, needed = slice(self._start, self._end), self.kept + added
        length = max(needed, 2 * min(self.sliding_window, needed))
        self._keys, self._values = _moved(self._keys, kept, length), _moved(self._values, kept, length)
        self._start, self._end = 0, self.kept


def _moved(buffer: Tensor, kept: slice, length: int) -> Tensor:
    """Return a buffer of at least such a length that begins with what is kept: the same one where it is long enough."""
    window = buffer[..., kept, :].clone()
    if buffer.shape[-2] < length:
        buffer = buffer.new_empty((*buffer.shape[:-2], length, buffer.shape[-1]))
    buffer[..., : window.shape[-2], :] = window
    return buffer
