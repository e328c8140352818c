"""`build-corpus validate`: check that a published corpus is what it claims to be."""

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from manifests.errors import BuildError, RejectedError
from manifests.features import CONFIG_NAMES, dialogues_schema, token_schema
from manifests.names import SPLITS
from manifests.published import PUBLISHED_RECORD, PublishedFile, PublishedRecord
from manifests.records import Aside, PlacedTurn, Scene, TokenConfig, TokenRow
from manifests.tables import scenes_from_table, token_rows_from_table
from pipeline.claim import config_of
from pipeline.plan import Plan
from pipeline.status import printable
from pipeline.storage import Store, sha256
from stages.scenes import (
    LEAST_SNR_DB,
    Listened,
    Planned,
    SceneTiming,
    rate_problems,
    requested_laws,
    requested_rates,
    timing_problems,
)
from stages.streams import RowChecker, read_vocabulary

_KEPT_PROBLEMS = 50
_DATA_PATH = re.compile(rf"data/({'|'.join(CONFIG_NAMES)})/({'|'.join(SPLITS)})/shard-([0-9]+)\.parquet")


@dataclass
class Findings:
    """What was checked, and what is wrong.

    Attributes:
        rows: rows checked, by config.
        problems: the first ones, one line each, naming file and row; a broken corpus may have one per row.
        wrong: how many there are in total.
        planned: what the scenes' events say about their timing.
        listened: what the audio of the first scenes says.
    """

    planned: Planned
    listened: Listened
    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0
    problems: list[str] = field(default_factory=list)
    wrong: int = 0

    def add(self, *problems: str) -> None:
        """Count problems, and keep the first ones."""
        self.wrong += len(problems)
        self.problems += problems[: _KEPT_PROBLEMS - len(self.problems)]


def print_validation(console: Console, root: str) -> bool:
    """Check a published corpus and print what was found; return whether nothing is wrong."""
    findings = check_corpus(root)
    for problem in findings.problems:
        console.print(f"wrong: {printable(problem)}", highlight=False, soft_wrap=True, markup=False)
    rows = ", ".join(f"{name} {findings.rows[name]:,}" for name in CONFIG_NAMES)
    console.print(f"checked {findings.files} files; rows: {rows}", highlight=False)
    listened = findings.listened
    console.print(
        f"dialogues listened to: {listened.scenes}; skipped, with an SNR below {LEAST_SNR_DB:g} dB: "
        f"{listened.passed_over}",
        highlight=False,
    )
    wrong = findings.wrong
    console.print(f"{wrong} problems, at most {_KEPT_PROBLEMS} shown" if wrong else "nothing is wrong")
    return not wrong


def check_corpus(root: str) -> Findings:
    """Read every published file and check hashes, schemas, ids, token rows, audio, timing and splits.

    Raises:
        BuildError: there is no published corpus.
    """
    store = Store(root)
    config = config_of(store)
    try:
        record = PublishedRecord.from_json(store.read(PUBLISHED_RECORD))
    except FileNotFoundError:
        raise BuildError(f"{root}: not published yet ({PUBLISHED_RECORD} is missing); finish the run first") from None
    checker = RowChecker(config.streams, read_vocabulary(store.read("vocabulary.json").decode()))
    timing = config.scenes.timing
    findings = Findings(Planned.of(timing), Listened(config.timing_check.heard_dialogues))
    plan = Plan(config)
    for _, files in itertools.groupby(sorted(record.files, key=_shard_of), _shard_of):
        _check_shard(store, files, plan, checker, findings)
    _check_strays(store, record, findings)
    planned, listened = findings.planned, findings.listened
    findings.add(*rate_problems(requested_rates(timing), planned.rates, config.timing_check))
    off = timing_problems(
        requested_laws(timing),
        planned.values,
        listened.values,
        listened.onset_errors_s,
        listened.unheard,
        config.timing_check,
    )
    findings.add(*off)
    return findings


def _shard_of(file: PublishedFile) -> int:
    """Return the number of a file's shard; -1 for files without one."""
    place = _DATA_PATH.fullmatch(file.path)
    return int(place[3]) if place else -1


def _check_shard(
    store: Store, files: Iterable[PublishedFile], plan: Plan, checker: RowChecker, findings: Findings
) -> None:
    """Check the files of one shard, its scenes first: rows refer to them, and to those of no other shard."""
    splits: dict[str, str] = {}
    for file in sorted(files, key=lambda file: "/dialogues/" not in file.path):
        data, place = _intact(store, file, findings), _DATA_PATH.fullmatch(file.path)
        if data is None or place is None:
            continue
        name, split, shard = place.groups()
        expected = dialogues_schema(plan.config.speech.sample_rate) if name == "dialogues" else token_schema()
        table = _table(file.path, data, expected, findings)
        if table is None:
            continue
        if name == "dialogues":
            seats = {slot.dialogue_id: slot.split for slot in plan.slots(int(shard))}
            splits |= _check_slots(file.path, split, table, seats, findings)
            _check_scenes(file.path, scenes_from_table(table), findings)
        else:
            token_config: TokenConfig = name  # type: ignore[assignment]
            _check_rows(file.path, split, token_rows_from_table(table, token_config), splits, checker, findings)


def _intact(store: Store, file: PublishedFile, findings: Findings) -> bytes | None:
    findings.files += 1
    if file.path.endswith(".parquet") and not _DATA_PATH.fullmatch(file.path):
        findings.add(f"{file.path}: unexpected place for data; expected data/CONFIG/SPLIT/shard-00000.parquet")
        return None
    try:
        data = store.read(file.path)
    except FileNotFoundError:
        findings.add(f"{file.path}: missing")
        return None
    if sha256(data) != file.sha256:
        findings.add(f"{file.path}: sha256 is {sha256(data)}, but was published as {file.sha256}")
        return None
    return data


def _table(path: str, data: bytes, expected: pa.Schema, findings: Findings) -> pa.Table | None:
    """Return a file's table if it has its config's columns."""
    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid as error:
        findings.add(f"{path}: not readable as Parquet ({error})")
        return None
    features = (table.schema.metadata or {}).get(b"huggingface")
    if not table.schema.equals(expected) or features != expected.metadata[b"huggingface"]:
        findings.add(f"{path}: columns differ from the config's schema: {table.schema.names}")
        return None
    return table


def _check_slots(
    path: str, split: str, table: pa.Table, seats: Mapping[str, str], findings: Findings
) -> dict[str, str]:
    """Check a file's dialogues against the seats of its shard, each dialogue's split; return the split of each.

    No other shard has these seats, so ids that are unique in every file are unique in the corpus.
    """
    found: dict[str, str] = {}
    for dialogue_id, own in zip(table["id"].to_pylist(), table["split"].to_pylist(), strict=True):
        findings.rows["dialogues"] += 1
        if dialogue_id in found:
            findings.add(f"{path}, {dialogue_id}: a second dialogue with that id")
        if seats.get(dialogue_id) != split:
            findings.add(f"{path}, {dialogue_id}: not a dialogue that the plan has in this shard and split")
        found[dialogue_id] = split
        if own != split:
            findings.add(f"{path}, {dialogue_id}: says split {own!r}, but is in {split!r}")
    return found


def _check_scenes(path: str, scenes: Iterator[Scene], findings: Findings) -> None:
    try:
        for scene in scenes:
            where = f"{path}, {scene.slot.dialogue_id}"
            problems = [f"{where}: {problem}" for problem in _scene_problems(scene)]
            findings.add(*problems)
            if not problems:
                told = SceneTiming(scene.events, [turn.text for turn in scene.turns], scene.notes)
                findings.planned.add(told)
                findings.listened.add([scene])
    except RejectedError as unreadable:
        findings.add(f"{path}: {unreadable}; later scenes in the file were not checked")


def _scene_problems(scene: Scene) -> Iterator[str]:
    if scene.samples.ndim != 2 or scene.samples.shape[1] != 2:
        yield f"audio of shape {scene.samples.shape}, expected two channels"
        return
    duration_s = len(scene.samples) / scene.sample_rate
    for number, turn in enumerate(scene.turns):
        if not 0 <= turn.start_s < turn.end_s <= duration_s:
            yield f"turn {number} at {turn.start_s:.3f}-{turn.end_s:.3f} s of {duration_s:.3f} s"
        if not turn.written.startswith(turn.text):
            yield f"turn {number}: written {turn.written!r} does not begin with text {turn.text!r}"
        elif not turn.cut and turn.written != turn.text:
            yield f"turn {number}: not cut, but text {turn.text!r} is not all of written {turn.written!r}"
    for aside in scene.asides:
        if not 0 <= aside.start_s < aside.end_s <= duration_s:
            yield f"{aside.kind} at {aside.start_s:.3f}-{aside.end_s:.3f} s of {duration_s:.3f} s"
    for role in ("user", "assistant"):
        said: list[PlacedTurn | Aside] = [*scene.turns, *scene.asides]
        own = sorted((each for each in said if each.role == role), key=lambda each: each.start_s)
        for before, after in itertools.pairwise(own):
            if after.start_s < before.end_s:
                yield f"the {role} overlaps itself at {after.start_s:.3f} s"


def _check_rows(
    path: str,
    split: str,
    rows: Iterator[TokenRow],
    splits: Mapping[str, str],
    checker: RowChecker,
    findings: Findings,
) -> None:
    """Check a file's rows; their ids begin with dialogue and config, so no other file can hold them."""
    ids: set[str] = set()
    for row in rows:
        where = f"{path}, {row.row_id}"
        findings.rows[row.config] += 1
        if row.row_id in ids:
            findings.add(f"{where}: a second row with that id")
        ids.add(row.row_id)
        begins = f"{row.dialogue_id}-{row.config}-"
        if not row.row_id.startswith(begins):
            findings.add(f"{where}: the id does not begin with {begins}")
        if splits.get(row.dialogue_id) != split or row.split != split:
            findings.add(f"{where}: dialogue {row.dialogue_id} is not in split {split!r} of this shard's dialogues")
        findings.add(*(f"{where}: {problem}" for problem in checker.problems(row)))


def _check_strays(store: Store, record: PublishedRecord, findings: Findings) -> None:
    """Whatever else is in `data/` would be picked up by the card's globs."""
    listed = {file.path for file in record.files}
    for path in store.walk("data"):
        if path not in listed:
            findings.add(f"{path}: not one of the published files")
