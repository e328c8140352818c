"""What a part of the evaluation says while it works and when it is done."""

import io

from rich.console import Console

from training.evaluation import progress
from training.evaluation.progress import part


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    console = Console(file=io.StringIO())

    with part(console, "turn-taking", 4, "chunks") as (advance, rate):
        advance(1)
        advance(3)

    first, last, end = console.file.getvalue().splitlines()
    assert first.startswith("turn-taking: 1 of 4, ")
    assert first.endswith(" s left")
    assert last.startswith("turn-taking: 4 of 4, 0 s left")
    assert end.startswith("turn-taking: 4 chunks in ")
    assert rate.done == 4


def test_a_part_of_unknown_length_tells_what_is_done(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    console = Console(file=io.StringIO())

    with part(console, "losses", None, "tokens") as (advance, _):
        advance(2048)

    assert console.file.getvalue().splitlines()[0] == "losses: 2,048"


def test_a_short_part_is_one_line():
    console = Console(file=io.StringIO())

    with part(console, "losses", 1, "tokens") as (advance, _):
        advance(1)

    assert len(console.file.getvalue().splitlines()) == 1
