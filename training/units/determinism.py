"""Trainings that come to the same weights every time, on as many threads as they are given."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def deterministic() -> Iterator[None]:
    """Let torch add in the same order every time; else two threads on a busy machine now and then add in another.

    By itself torch then also fills memory that nothing has written yet; nothing here reads that, and to fill it takes
    time.
    """
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]
