"""`four_stream`, half-duplex: user speech, user text, assistant text, assistant speech, exchange after exchange."""

from collections.abc import Sequence
from dataclasses import dataclass

from manifests.records import Reject, Role, TokenRow
from stages.streams.flatten.record import Flattened, Piece, SceneTokens, TurnTokens, left_out, row_of
from stages.streams.flatten.spans import read_spans, speech_span, text_span
from stages.streams.vocabulary import Ids, Vocabulary


def flatten_four_stream(scene: SceneTokens, vocabulary: Vocabulary, max_length: int) -> Flattened:
    """Return the scene's exchanges, as many as fit into each row.

    A user's turn is ``[SOS] S [EOS][SOT] T [EOT]``, the assistant's ``[SOT] T [EOT][SOS] S [EOS]``: the first span
    of a turn shows its role. Loss is computed everywhere except on the user's speech. An exchange that is longer than
    `max_length` by itself gets a reject instead of a row, and rows never join what came before and after it.
    """
    rows: list[TokenRow] = []
    rejects: list[Reject] = []
    pending: list[Piece] = []

    def finish_row() -> None:
        if pending:
            rows.append(row_of(scene, "four_stream", str(len(rows)), "four_stream", tuple(pending)))
            pending.clear()

    for place, exchange in enumerate(_exchanges(scene.turns)):
        pieces = [piece for turn in exchange for piece in _pieces(scene, turn, vocabulary)]
        length = _length(pieces)
        if _length(pending) + length > max_length:
            finish_row()
        if length > max_length:
            detail = f"exchange {place}: {length} tokens, at most {max_length} fit"
            rejects.append(left_out(scene, "four_stream_too_long", detail))
        else:
            pending += pieces
    finish_row()
    return Flattened(tuple(rows), tuple(rejects))


def _exchanges(turns: Sequence[TurnTokens]) -> list[list[TurnTokens]]:
    """Return the turns in groups; a group ends where a user's turn follows the assistant's."""
    groups: list[list[TurnTokens]] = []
    for turn in turns:
        if not groups or (turn.role == "user" and groups[-1][-1].role == "assistant"):
            groups.append([])
        groups[-1].append(turn)
    return groups


def _pieces(scene: SceneTokens, turn: TurnTokens, vocabulary: Vocabulary) -> tuple[Piece, Piece]:
    speech = speech_span(scene.units_of(turn), vocabulary)
    text = Piece(text_span(turn.text, vocabulary), loss=True)
    if turn.role == "user":
        return Piece(speech, loss=False), text
    return text, Piece(speech, loss=True)


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.ids) for piece in pieces)


@dataclass(frozen=True)
class SpokenTokens:
    """A turn read back from a `four_stream` row; units from 0."""

    role: Role
    units: tuple[int, ...]
    text: tuple[int, ...]


def unflatten_four_stream(ids: Ids, vocabulary: Vocabulary) -> tuple[SpokenTokens, ...]:
    """Return the turns of a row in order.

    Raises:
        ValueError: the row has another form, with the position and the id found there.
    """
    spans = read_spans(ids, vocabulary)
    turns: list[SpokenTokens] = []
    position = 0
    for place in range(0, len(spans), 2):
        pair = spans[place : place + 2]
        if len(pair) < 2 or pair[0].speech == pair[1].speech:
            raise ValueError(f"position {position}: {int(ids[position])} opens a turn that doesn't have both its spans")
        speech, text = pair if pair[0].speech else pair[::-1]
        turns.append(SpokenTokens("user" if pair[0].speech else "assistant", speech.tokens, text.tokens))
        position += sum(len(span.tokens) + 2 for span in pair)
    return tuple(turns)
