"""The assistant's answers in held-out dialogues, as text: the model's and the corpus's own."""

import math
from collections.abc import Sequence

from stages.streams import TextTokenizer
from training.evaluation.corpus import HeldOut
from training.evaluation.judge import Answer
from training.evaluation.respond import Response, Window
from training.loop.layout import ChunkLayout


def answer_windows(dialogues: Sequence[HeldOut], layout: ChunkLayout) -> list[tuple[Window, int]]:
    """Return where the assistant answers, with the number of its turn: from the user's end to the user's next onset.

    Where the corpus's assistant begins before the user has ended, from there: the past must hold none of the answer.
    Turns that the user cuts are not whole answers and are left out.
    """
    chunk_s = layout.frames / layout.frames_hz
    found: list[tuple[Window, int]] = []
    for place, dialogue in enumerate(dialogues):
        turns, chunks = dialogue.turns, len(dialogue.chunks)
        for number in range(1, len(turns)):
            if turns[number].role != "assistant" or turns[number - 1].role != "user" or turns[number].cut:
                continue
            start = math.floor(min(turns[number - 1].end_s, turns[number].start_s) / chunk_s)
            end = math.floor(turns[number + 1].start_s / chunk_s) if number + 1 < len(turns) else chunks
            if start < end:
                found.append((Window(place, start, end), number))
    return found


def answers_of(
    dialogues: Sequence[HeldOut],
    places: Sequence[tuple[Window, int]],
    responses: Sequence[Response],
    layout: ChunkLayout,
    text: TextTokenizer,
) -> tuple[list[Answer], list[Answer]]:
    """Return the model's answers and the corpus's own, in the same order."""
    of_model: list[Answer] = []
    of_corpus: list[Answer] = []
    for (window, number), response in zip(places, responses, strict=True):
        dialogue = dialogues[window.dialogue]
        before = tuple((turn.role, turn.text) for turn in dialogue.turns[:number])
        slots = response.chunks[window.start :, layout.text_slots].reshape(-1)
        said = text.decode([int(token) for token in slots if token < text.size])
        of_model.append(Answer(dialogue.dialogue_id, before, said.strip()))
        of_corpus.append(Answer(dialogue.dialogue_id, before, dialogue.turns[number].text))
    return of_model, of_corpus
