"""What a corpus holds, added up from its completion records: the figures in summary, status and card."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from manifests.completion import ArtefactFile, Completion, completion_path
from manifests.errors import BuildError
from manifests.features import CONFIG_NAMES, ConfigName
from manifests.names import SPLITS, Split, StageName
from pipeline.artefacts import Artefacts
from pipeline.claim import fingerprints_of
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.runners import StageSpec, stages_of
from pipeline.schedule import Task
from pipeline.side_by_side import side_by_side


@dataclass
class Holding:
    """What one config and split holds."""

    rows: int = 0
    tokens: int = 0
    audio_s: float = 0.0
    size: int = 0


@dataclass
class StageFacts:
    """What one stage has done so far."""

    tasks: int
    files: list[ArtefactFile] = field(default_factory=list)
    done: int = 0
    items_in: int = 0
    items_out: int = 0
    busy_s: float = 0.0
    lost: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


@dataclass
class CorpusFacts:
    """The sums over all completion records of a corpus.

    Attributes:
        planned: dialogues that the config asks for.
        fingerprints: of the stages, as the corpus was made.
        published: the files of every config, in shard order.
        tasks_done: those that have a record.
    """

    planned: int
    fingerprints: Mapping[str, str]
    stages: dict[StageName, StageFacts]
    holdings: dict[tuple[ConfigName, Split], Holding]
    published: list[tuple[int, ArtefactFile]]
    tasks_done: set[Task] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether every task of every stage is done."""
        return all(stage.done == stage.tasks for stage in self.stages.values())

    @property
    def dialogues(self) -> int:
        """How many dialogues the corpus holds."""
        return sum(holding.rows for (config, _), holding in self.holdings.items() if config == "dialogues")

    @property
    def audio_s(self) -> float:
        """Seconds of stereo audio in `dialogues`."""
        return sum(holding.audio_s for holding in self.holdings.values())

    @property
    def lost(self) -> Counter[tuple[StageName, str]]:
        """Dialogues lost, by stage and reason."""
        return Counter({(name, reason): n for name, stage in self.stages.items() for reason, n in stage.lost.items()})

    @property
    def refused(self) -> Counter[tuple[StageName, str]]:
        """Attempts and rows refused in dialogues that were kept or lost later, by stage and reason."""
        return Counter(
            {(name, reason): n for name, stage in self.stages.items() for reason, n in stage.refused.items()}
        )


def gather_facts(config: RunConfig, artefacts: Artefacts) -> CorpusFacts:
    """Read all completion records of a corpus.

    The engines that made it need not be installed: that they match the config was checked when the folder was claimed.
    """
    stages = stages_of(config)
    shards = Plan(config).shards
    facts = CorpusFacts(config.corpus.dialogues, fingerprints_of(artefacts.store), {}, {}, [])
    for stage in stages:
        facts.stages[stage.name] = StageFacts(tasks=1 if stage.scope == "corpus" else shards)
        for completion in _completions(artefacts, stage, shards, facts.fingerprints[stage.name]):
            _add_completion(facts, completion)
    facts.published.sort(key=lambda numbered: (CONFIG_NAMES.index(numbered[1].kind), numbered[0]))
    return facts


def _completions(artefacts: Artefacts, stage: StageSpec, shards: int, fingerprint: str) -> list[Completion]:
    """Return the records of a stage's tasks that are done, in shard order.

    Raises:
        BuildError: a record was made with a different config, for example by a run that was still in progress while
            another redid its stage.
    """
    done = artefacts.done(stage.name)
    places: list[int | None] = [n for n in range(shards) if f"shard-{n:05d}.json" in done]
    if stage.scope == "corpus":
        places = [None] if done else []
    found = side_by_side(lambda place: artefacts.completion(stage.name, place), places)
    there = [completion for completion in found if completion is not None]
    for completion in there:
        if completion.fingerprint != fingerprint:
            raise BuildError(
                f"{artefacts.store.address(completion_path(stage.name, completion.shard))}: made with a different "
                f"config or engines; redo its stage with `build-corpus run ... --from-stage {stage.name}`"
            )
    return there


def _add_completion(facts: CorpusFacts, completion: Completion) -> None:
    """Add one task's record to the sums."""
    stage = facts.stages[completion.stage]
    facts.tasks_done.add(Task(completion.stage, completion.shard))
    stage.done += 1
    stage.items_in += completion.items_in
    stage.items_out += completion.items_out
    stage.busy_s += completion.busy_s
    stage.lost.update(completion.lost)
    stage.refused.update(completion.refused)
    stage.notes.update(completion.notes)
    stage.files.extend(completion.files)
    for file in completion.files:
        if file.kind in CONFIG_NAMES and file.split in SPLITS:
            facts.published.append((completion.shard or 0, file))
            holding = facts.holdings.setdefault((file.kind, file.split), Holding())
            holding.rows += file.rows
            holding.tokens += file.tokens
            holding.audio_s += file.audio_s
            holding.size += file.size
