"""Praat's TextGrid files, through praatio."""

from pathlib import Path

from manifests.errors import BuildError
from manifests.extras import missing_extra
from stages.scenes.fit.conversation import Conversation
from stages.scenes.fit.rows import interval_of

SILENCES = frozenset(("", "sil", "sp", "<sil>", "<p:>", "silence", "#", "_"))
"""Labels of silence, in small letters: of Praat, the Montreal Forced Aligner, Kaldi and WebMAUS."""


def read_textgrid(path: Path) -> list[Conversation]:
    """Read a TextGrid in either of Praat's text formats: each interval tier is a speaker; no label means silence.

    Raises:
        BuildError: praatio is not installed, or the file is not a TextGrid.
    """
    try:
        from praatio import textgrid
        from praatio.data_classes.interval_tier import IntervalTier
    except ImportError as error:
        raise missing_extra(f"{path}: TextGrids need praatio", "annotations") from error
    try:
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    except Exception as error:  # praatio's parser raises whatever it stumbles over
        raise BuildError(f"{path}: can't be read as a TextGrid ({type(error).__name__}: {error})") from error
    return [
        Conversation(
            str(path),
            tuple(
                interval_of(f"{path}: tier {tier.name!r}", tier.name, entry.start, entry.end - entry.start, entry.label)
                for tier in grid.tiers
                if isinstance(tier, IntervalTier)
                for entry in tier.entries
                if entry.label.strip().lower() not in SILENCES
            ),
        )
    ]
