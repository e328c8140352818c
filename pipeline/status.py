"""`build-corpus status`: how far a corpus has got, from its completion records."""

from rich.console import Console
from rich.markup import escape

from manifests.tables import rejects_from_table
from pipeline.artefacts import Artefacts
from pipeline.claim import config_of
from pipeline.facts import gather_facts
from pipeline.plan import Plan
from pipeline.publication import is_published
from pipeline.runners import stages_of
from pipeline.storage import Store
from pipeline.summary import holdings_table, print_losses, stages_table


def print_status(console: Console, root: str, list_rejects: bool) -> None:
    """Print the state of a corpus, and on request every reject."""
    store = Store(root)
    config = config_of(store)
    artefacts = Artefacts(store)
    facts = gather_facts(config, artefacts)
    if facts.holdings:
        console.print(holdings_table(facts))
    console.print(stages_table(config, facts))
    print_losses(console, facts)
    if is_published(config, store):
        console.print(f"{root}: complete and published", highlight=False, markup=False)
    else:
        left = [
            f"{name} {stage.tasks - stage.done}" for name, stage in facts.stages.items() if stage.done < stage.tasks
        ]
        told = f"{root}: not finished; tasks left: {', '.join(left) or 'publishing'}"
        console.print(told, highlight=False, markup=False)
    if list_rejects:
        for stage in stages_of(config):
            for shard in [None] if stage.scope == "corpus" else range(Plan(config).shards):
                _print_rejects(console, artefacts, stage.name, shard)


def _print_rejects(console: Console, artefacts: Artefacts, stage: str, shard: int | None) -> None:
    completion = artefacts.completion(stage, shard)
    if completion is None:
        return
    folders = [file.path.rsplit("/", 1)[0] for file in completion.files if file.kind == "rejects"]
    for folder, table in zip(folders, artefacts.tables(stage, shard, "rejects"), strict=True):
        for reject in rejects_from_table(table):
            what = "lost" if reject.final else "refused"
            told = f"[bold]{escape(reject.dialogue_id)}[/bold] {stage} {what}: {escape(reject.reason)}"
            console.print(told, highlight=False)
            for text in (reject.detail, reject.content):
                if text:
                    console.print(f"    {printable(text)}", highlight=False, markup=False)
            if reject.audio:
                told = f"    listen: {artefacts.store.address(f'{folder}/{reject.audio}')}"
                console.print(told, soft_wrap=True, markup=False)


def printable(text: str) -> str:
    """Return text that may come from a model or a stranger's corpus, without terminal control characters."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)
