"""`build-corpus status`: how far a corpus has come, from its completion records."""

from rich.console import Console
from rich.markup import escape

from manifests.tables import rejects_from_table
from pipeline.artefacts import Artefacts
from pipeline.claim import config_of
from pipeline.facts import gather_facts
from pipeline.plan import Plan
from pipeline.publish import is_published
from pipeline.steps import steps_of
from pipeline.storage import Store
from pipeline.summary import holdings_table, print_losses, steps_table


def print_status(console: Console, root: str, list_rejects: bool) -> None:
    """Print the state of a corpus, and on request every reject."""
    store = Store(root)
    config = config_of(store)
    artefacts = Artefacts(store)
    facts = gather_facts(config, artefacts)
    if facts.holdings:
        console.print(holdings_table(facts))
    console.print(steps_table(config, facts))
    print_losses(console, facts)
    if is_published(store):
        console.print(f"{root}: complete and published", highlight=False)
    else:
        left = [f"{name} {step.units - step.done}" for name, step in facts.steps.items() if step.done < step.units]
        console.print(f"{root}: not finished; units left: {', '.join(left) or 'publishing'}", highlight=False)
    if list_rejects:
        for step in steps_of(config):
            for shard in [None] if step.scope == "corpus" else range(Plan(config).shards):
                _print_rejects(console, artefacts, step.name, shard)


def _print_rejects(console: Console, artefacts: Artefacts, stage: str, shard: int | None) -> None:
    if artefacts.completion(stage, shard) is None:
        return
    for table in artefacts.tables(stage, shard, "rejects"):
        for reject in rejects_from_table(table):
            what = "lost" if reject.final else "refused"
            console.print(f"[bold]{reject.dialogue_id}[/bold] {stage} {what}: {reject.reason}", highlight=False)
            for text in (reject.detail, reject.content):
                if text:
                    # The text may come from a model: neither markup nor control characters reach the terminal.
                    shown = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
                    console.print(f"    {escape(shown[:1000])}", highlight=False)
