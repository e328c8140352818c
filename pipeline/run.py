"""A whole run: claim the folder, do what isn't done, publish; the procedure behind `build-corpus run`."""

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

from rich.console import Console

from manifests.completion import Completion
from manifests.errors import BuildError
from manifests.names import StageName
from pipeline.artefacts import Artefacts
from pipeline.claim import claim
from pipeline.config import RunConfig
from pipeline.execute import Executor, ray_session
from pipeline.facts import CorpusFacts, gather_facts
from pipeline.plan import Plan
from pipeline.preflight import preflight
from pipeline.progress import View, progress_view
from pipeline.publication import is_published
from pipeline.publish import publish
from pipeline.runners import stages_of
from pipeline.schedule import Schedule, Task
from pipeline.storage import Store
from pipeline.timing_report import TimingReport


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        worked: False if everything had been done before.
        wall_s: seconds that this call took.
        timing: requested versus achieved; None if nothing was published.
    """

    facts: CorpusFacts
    worked: bool
    wall_s: float
    timing: TimingReport | None = None


def run(config: RunConfig, root: str, console: Console, from_stage: StageName | None = None) -> RunResult:
    """Build the corpus in a folder, or resume it.

    Raises:
        BuildError: the folder belongs to another corpus, something in the config can't work, the run lost more
            dialogues than `corpus.max_lost_share`, or a stage met a fault that stops it.
    """
    started = time.perf_counter()
    store = Store(root)
    artefacts = Artefacts(store)
    preflight(config, console)
    claim(store, config, from_stage)
    stages = stages_of(config)
    facts = gather_facts(config, artefacts)
    schedule = Schedule(stages, Plan(config).shards, facts.tasks_done)
    worked = not (schedule.finished and is_published(config, store))
    if not schedule.finished:
        _work(config, artefacts, schedule, facts.lost, console)
        facts = gather_facts(config, artefacts)  # anew: another run may have redone a stage meanwhile
    _check_losses(config, facts.lost)
    if not facts.complete:
        raise BuildError(f"{root}: tasks are missing after the run; see `build-corpus status {root}` and run again")
    timing: TimingReport | None = None
    if worked:
        timing = publish(config, artefacts, facts, partial(console.print, highlight=False))
    return RunResult(facts, worked, time.perf_counter() - started, timing)


def _work(
    config: RunConfig,
    artefacts: Artefacts,
    schedule: Schedule,
    lost: Counter[tuple[StageName, str]],
    console: Console,
) -> None:
    stages = stages_of(config)
    totals = {stage.name: 1 if stage.scope == "corpus" else config.corpus.dialogues for stage in stages}
    done = dict.fromkeys(totals, 0)
    for task in schedule.done:
        done[task.stage] += _items(config, task)
    with ray_session(config.execution), progress_view(console, stages, totals, done) as view:

        def on_done(completion: Completion) -> None:
            _show(view, config, completion)
            lost.update({(completion.stage, reason): n for reason, n in completion.lost.items()})
            _check_losses(config, lost)

        say = partial(console.print, highlight=False, soft_wrap=True, markup=False)
        Executor(artefacts.store.root, config, schedule, on_done, say).run()


def _show(view: View, config: RunConfig, completion: Completion) -> None:
    stage = completion.stage
    view.advance(stage, _items(config, Task(stage, completion.shard)), sum(completion.lost.values()))


def _items(config: RunConfig, task: Task) -> int:
    return 1 if task.shard is None else Plan(config).size(task.shard)


def _check_losses(config: RunConfig, lost: Counter[tuple[StageName, str]]) -> None:
    allowed = config.corpus.max_lost_share * config.corpus.dialogues
    if lost.total() > allowed:
        reasons = "\n".join(f"  {stage}: {reason}: {count}" for (stage, reason), count in lost.most_common())
        raise BuildError(
            f"lost {lost.total()} of {config.corpus.dialogues} dialogues, more than corpus.max_lost_share = "
            f"{config.corpus.max_lost_share} allows. By stage and reason:\n{reasons}\n"
            f"`build-corpus status DIR --rejects` shows each with its content. Fix the cause, or raise the limit "
            f"and run again: finished work is kept."
        )
