"""The `dialogues` config of a corpus made by `build-corpus`, which records what happened."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from manifests.records import Event, Role
from stages.scenes.audit.rates import tallies
from stages.scenes.audit.report import achieved
from stages.scenes.fit.measurement import Measurement

COLUMNS = ("turns.list.element.text", "events", "notes")
"""What is read of it."""


def add_dialogues(measured: Measurement, table: pa.Table, roles: Mapping[str, Sequence[Role]]) -> None:
    """Add the dialogues of a table with `COLUMNS`: by their events, where other sources allow only guesses from times.

    Args:
        measured: added to.
        table: of the `dialogues` config.
        roles: that user and assistant stand for.
    """
    for row in table.to_pylist():
        events = [Event(**event) for event in row["events"]]
        for (what, speaker), value in achieved(events):
            for role in roles[speaker]:
                measured.add_value(what, role, value)
        for (what, speaker), tally in tallies(events, [turn["text"] for turn in row["turns"]], row["notes"]):
            for role in roles[speaker]:
                measured.add_tally(what, role, tally)
