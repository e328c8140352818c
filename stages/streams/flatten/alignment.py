"""`alignment`: each turn twice, as recognition (speech to text) and as synthesis (text to speech)."""

from dataclasses import dataclass

from manifests.records import Reject, TokenRow
from stages.streams.flatten.record import Flattened, Piece, SceneTokens, TurnTokens, left_out, row_of
from stages.streams.flatten.spans import read_spans, speech_span, text_span
from stages.streams.vocabulary import ASR, TTS, Ids, Vocabulary

SPECIALS_PER_ROW = 5


def flatten_alignment(scene: SceneTokens, vocabulary: Vocabulary, max_length: int) -> Flattened:
    """Return two rows per turn: ``[ASR][SOS] S [EOS][SOT] T [EOT]`` and ``[TTS][SOT] T [EOT][SOS] S [EOS]``.

    Loss is computed only on the second span, the answer. Turns that are longer than `max_length` and turns that have no
    text (cut before their first word) or no units get no rows, but a reject each.
    """
    rows: list[TokenRow] = []
    rejects: list[Reject] = []
    for place, turn in enumerate(scene.turns):
        units = scene.units_of(turn)
        length = len(turn.text) + len(units) + SPECIALS_PER_ROW
        if not turn.text or not len(units):
            detail = f"turn {place}: {len(turn.text)} text tokens, {len(units)} units"
            rejects.append(left_out(scene, "alignment_empty", detail))
        elif length > max_length:
            detail = f"turn {place}: {length} tokens, at most {max_length} fit"
            rejects.append(left_out(scene, "alignment_too_long", detail))
        else:
            rows += _rows(scene, place, turn, vocabulary)
    return Flattened(tuple(rows), tuple(rejects))


def _rows(scene: SceneTokens, place: int, turn: TurnTokens, vocabulary: Vocabulary) -> tuple[TokenRow, TokenRow]:
    speech = speech_span(scene.units_of(turn), vocabulary)
    text = text_span(turn.text, vocabulary)
    asked_asr = Piece((vocabulary.special(ASR), *speech), loss=False)
    asked_tts = Piece((vocabulary.special(TTS), *text), loss=False)
    return (
        row_of(scene, "alignment", f"{place}-asr", "asr", (asked_asr, Piece(text, loss=True))),
        row_of(scene, "alignment", f"{place}-tts", "tts", (asked_tts, Piece(speech, loss=True))),
    )


@dataclass(frozen=True)
class AlignedTurn:
    """A turn read back from an `alignment` row; units from 0."""

    task: str
    units: tuple[int, ...]
    text: tuple[int, ...]


def unflatten_alignment(ids: Ids, vocabulary: Vocabulary) -> AlignedTurn:
    """Return the streams of a row.

    Raises:
        ValueError: the row has another form, with the position and the id found there.
    """
    tasks = {vocabulary.special(ASR): "asr", vocabulary.special(TTS): "tts"}
    task = tasks.get(int(ids[0])) if len(ids) else None
    if task is None:
        raise ValueError(f"position 0: {ids[:1].tolist()} is neither [ASR] nor [TTS]")
    spans = read_spans(ids, vocabulary, start=1)
    if [span.speech for span in spans] != ([True, False] if task == "asr" else [False, True]):
        kinds = ["speech" if span.speech else "text" for span in spans]
        raise ValueError(f"position 1: an {task} row with spans {kinds}")
    speech, text = spans if task == "asr" else spans[::-1]
    return AlignedTurn(task, speech.tokens, text.tokens)
