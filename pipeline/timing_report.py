"""Timing after a run: requested, planned and heard, as a table and as plots."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

import pyarrow.parquet as pq

from manifests.card import RateRow, TimingRow
from manifests.records import Event, Scene
from manifests.tables import scenes_from_table
from pipeline.artefacts import Artefacts
from pipeline.config import RunConfig
from pipeline.facts import CorpusFacts
from stages.scenes import (
    Listened,
    Measure,
    SceneTiming,
    planned_in,
    rate_table,
    requested_laws,
    timing_plot,
    timing_table,
)

PLOT_FOLDER = "timing"
_COLUMNS = ("events", "turns.list.element.text", "notes")


@dataclass(frozen=True)
class TimingReport:
    """What the card shows about timing.

    Attributes:
        rows: of the laws.
        rates: of the rates.
        plots: SVG files by their path from the corpus root, of all that happened.
        listened: dialogues whose audio was measured.
        passed_over: dialogues that were skipped because their noise is too loud.
    """

    rows: tuple[TimingRow, ...]
    rates: tuple[RateRow, ...]
    plots: dict[str, bytes]
    listened: int
    passed_over: int


def report_timing(config: RunConfig, artefacts: Artefacts, facts: CorpusFacts) -> TimingReport:
    """Compare the profile's laws and rates with all events of a corpus and with the audio of its first dialogues."""
    timing = config.scenes.timing
    counted = planned_in(_told(artefacts, facts), timing)
    planned = counted.values
    listened = Listened(config.timing_check.heard_dialogues)
    listened.add(_first_scenes(artefacts, facts, listened.first), config.execution.threads)
    plots: dict[Measure, tuple[str, bytes]] = {}
    for measure, law in requested_laws(timing).items():
        if len(planned[measure]):
            curves = (("in the plan", planned[measure]), ("in the audio", listened.values.get(measure, ())))
            path = f"{PLOT_FOLDER}/{measure.what}-{measure.role}.svg"
            axis = "share of the turn" if measure.what.endswith(".onset") else "seconds"
            plots[measure] = path, timing_plot(f"{measure.what}, {measure.role}", law, curves, axis).encode()
    rows = tuple(
        replace(row, plot=plots[Measure(row.what, row.role)][0]) if row.count else row
        for row in timing_table(planned, listened.values, timing)
    )
    rates = rate_table(counted.rates, timing)
    return TimingReport(rows, rates, dict(plots.values()), listened.scenes, listened.passed_over)


def _told(artefacts: Artefacts, facts: CorpusFacts) -> Iterator[SceneTiming]:
    """Yield what each scene says about its timing; only `_COLUMNS` are read from the files."""
    for _, file in facts.published:
        if file.kind == "dialogues":
            for row in artefacts.columns(file, _COLUMNS).to_pylist():
                events = [Event(**event) for event in row["events"]]
                yield SceneTiming(events, [turn["text"] for turn in row["turns"]], row["notes"])


def _first_scenes(artefacts: Artefacts, facts: CorpusFacts, most: int) -> Iterator[Scene]:
    """Yield the first scenes; only the files that hold them are read."""
    files = (file for _, file in facts.published if file.kind == "dialogues")
    tables = (pq.read_table(io.BytesIO(artefacts.read(file))) for file in files)
    yield from islice(chain.from_iterable(map(scenes_from_table, tables)), most)
