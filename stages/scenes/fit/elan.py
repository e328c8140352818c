"""ELAN files (.eaf), through pympi-ling."""

import warnings
from pathlib import Path

from manifests.errors import BuildError
from manifests.extras import missing_extra
from stages.scenes.fit.conversation import Conversation
from stages.scenes.fit.rows import interval_of


def read_elan(path: Path) -> list[Conversation]:
    """Read an ELAN file: each tier with annotations in time is a speaker, each annotation something said.

    Raises:
        BuildError: pympi-ling is not installed, the file is not an ELAN file, or an annotation has no time.
    """
    try:
        from pympi.Elan import Eaf
    except ImportError as error:
        raise missing_extra(f"{path}: ELAN files need pympi-ling", "annotations") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions of the format that it reads all the same
            elan = Eaf(str(path), suppress_version_warning=True)
    except Exception as error:  # pympi raises plain Exception, and KeyError on XML of other kinds
        raise BuildError(f"{path}: can't be read as an ELAN file ({error})") from error
    intervals = []
    for tier, (aligned, *_) in elan.tiers.items():
        for name, (first, last, text, _) in aligned.items():
            start, end = elan.timeslots[first], elan.timeslots[last]
            where = f"{path}: tier {tier!r}, annotation {name}"
            if start is None or end is None:
                raise BuildError(f"{where} has no time; give it one in ELAN")
            intervals.append(interval_of(where, tier, start / 1000, (end - start) / 1000, text))
    return [Conversation(str(path), tuple(intervals))]
