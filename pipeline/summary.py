"""The end of a run: what was built, what it took, what was lost, where to listen, how to load it."""

import glob

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from manifests.card import RateRow, TimingFigures, TimingRow
from manifests.features import CONFIG_NAMES
from manifests.names import SPLITS
from pipeline.config import RunConfig
from pipeline.facts import CorpusFacts
from pipeline.preview import page_address
from pipeline.run import RunResult
from pipeline.runners import stages_of
from pipeline.storage import Store
from stages.base import UNEXPECTED


def print_summary(console: Console, config: RunConfig, root: str, result: RunResult) -> None:
    """Print the summary of a finished corpus."""
    store = Store(root)
    facts = result.facts
    if not result.worked:
        console.print(f"{root} is complete: nothing to do. (To redo it: --from-stage STAGE.)", markup=False)
    console.print(holdings_table(facts))
    console.print(stages_table(config, facts))
    if result.timing:
        console.print(timing_summary(result.timing.rows))
        console.print(rate_summary(result.timing.rates))
    print_losses(console, facts)
    _warn_of_unexpected(console, facts, root)
    console.print(
        f"[bold]{facts.dialogues} dialogues, {facts.audio_s / 3600:.3f} h of conversation[/bold]"
        + (f" in {result.wall_s:.0f} s" if result.worked else ""),
        highlight=False,
    )
    if config.preview.dialogues:
        console.print(f"listen: {page_address(store)}", highlight=False, soft_wrap=True, markup=False)
    console.print("load:", highlight=False)
    folder = str(store.local_path().resolve()) if store.is_local else store.address()
    pattern = glob.escape(folder)
    if store.is_local and pattern == folder:
        load = f'load_dataset("{folder}", "three_stream", split="train")'
    else:  # datasets takes a folder or a Hub repository by name, object storage and names like patterns by their files
        files = f"{pattern}/data/three_stream/train/*.parquet"
        load = f'load_dataset("parquet", data_files="{files}", split="train", streaming=True)'
    for line in (
        "from datasets import load_dataset",
        f"rows = {load}",
        f"# configs: {', '.join(CONFIG_NAMES)}; splits: {', '.join(SPLITS)}; or streaming=True",
    ):
        console.print(f"    {line}", highlight=False, soft_wrap=True, markup=False)


def holdings_table(facts: CorpusFacts) -> Table:
    """Return rows, tokens and hours of every config and split."""
    table = Table("config", "split", title="Contents")
    for column in ("rows", "tokens", "hours", "MB"):
        table.add_column(column, justify="right")
    for name in CONFIG_NAMES:
        for split in SPLITS:
            held = facts.holdings.get((name, split))
            if held is not None:
                tokens = f"{held.tokens:,}" if held.tokens else ""
                hours = f"{held.audio_s / 3600:.3f}" if held.audio_s else ""
                table.add_row(name, split, f"{held.rows:,}", tokens, hours, f"{held.size / 1e6:.1f}")
    return table


def stages_table(config: RunConfig, facts: CorpusFacts) -> Table:
    """Return what each stage did, its seconds of work and its real-time factor."""
    table = Table("stage", title="Work (seconds, summed over all workers)")
    for column in ("done", "in", "out", "seconds", "real-time factor"):
        table.add_column(column, justify="right")
    for stage in stages_of(config):
        done = facts.stages[stage.name]
        factor = f"{done.busy_s / facts.audio_s:.3f}" if facts.audio_s else ""
        counts = (f"{done.done}/{done.tasks}", f"{done.items_in}", f"{done.items_out}")
        table.add_row(stage.name, *counts, f"{done.busy_s:.1f}", factor)
    return table


def timing_summary(rows: tuple[TimingRow, ...]) -> Table:
    """Return what the laws asked for next to what the scenes hold and what is heard in some of them."""
    table = Table(*_named("timing of"), title="Timing: requested, planned, heard (mean ± sd, KS to the law)")
    for column in ("count", "requested", "planned", "KS", "heard", "heard", "KS"):
        table.add_column(column, justify="right")
    for row in rows:
        if row.count:
            planned = (str(row.count), _figures(row.requested), _figures(row.achieved), _number(row.ks))
            heard = (str(row.heard_count), _figures(row.heard), _number(row.heard_ks))
            table.add_row(row.what, row.role, *planned, *heard)
    return table


def rate_summary(rows: tuple[RateRow, ...]) -> Table:
    """Return how often events were asked for next to how often they occurred, even if never."""
    table = Table(*_named("rate of"), title="Rates: requested (± variation by chance, 95%), achieved")
    for column in ("requested", "achieved", "occurred", "opportunities", "dropped"):
        table.add_column(column, justify="right")
    for row in rows:
        requested = f"{row.requested:.3f} ± {_number(row.by_chance)}"
        counts = (str(row.came), f"{row.chances:.1f}", str(row.dropped))
        table.add_row(row.what, row.role, requested, _number(row.achieved), *counts)
    return table


def _named(what: str) -> tuple[Column, Column]:
    """Return the columns of a profile's key and of who acts; a narrow terminal folds them, since half a key is none."""
    return Column(what, overflow="fold"), Column("who", overflow="fold")


def _figures(figures: TimingFigures | None) -> str:
    return f"{figures.mean:.3f} ± {figures.sd:.3f}" if figures else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def print_losses(console: Console, facts: CorpusFacts) -> None:
    """Print what was rejected, by reason: dialogues lost, attempts and rows refused on the way, and oddities."""
    table = Table("stage", "what", "reason", title="Rejects and oddities")
    table.add_column("count", justify="right")
    for what, counts in (("dialogue lost", facts.lost), ("attempt or row refused", facts.refused)):
        for (stage, reason), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
            table.add_row(stage, what, escape(reason), str(count))
    for name, done in facts.stages.items():
        for note, count in done.notes.most_common():
            table.add_row(name, "noted", escape(note), str(count))
    if table.row_count:
        console.print(table)
    console.print(f"dialogues lost: {facts.lost.total()} of {facts.planned}", highlight=False)


def _warn_of_unexpected(console: Console, facts: CorpusFacts, root: str) -> None:
    """Print how many rejects are due to unforeseen errors, if any, and where to find their details."""
    rejects = facts.lost + facts.refused
    count = sum(number for (_, reason), number in rejects.items() if reason.startswith(UNEXPECTED))
    if count:
        told = (
            f"warning: rejects due to unforeseen errors ({UNEXPECTED}...): {count}; see build-corpus status "
            f"{root} --rejects, and please report them"
        )
        console.print(told, highlight=False, soft_wrap=True, markup=False)
