"""`build-corpus timing`: profiles fitted to recorded conversations, and profiles shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from manifests.errors import BuildError
from manifests.published import PUBLISHED_RECORD, PublishedRecord, missing_file
from manifests.strict_model import StrictModel, identity_of
from pipeline.columns import read_columns
from pipeline.storage import Store
from stages.scenes.fit import (
    BASIS,
    COLUMNS,
    FEWEST_VALUES,
    FittedProfile,
    Measurement,
    add_dialogues,
    fit_profile,
    ipu_conversations,
    law_names,
    measure,
    patterns_in,
    read_conversations,
    roles_of,
)
from stages.scenes.laws import ConstantLaw, Law, TruncatedLaw
from stages.scenes.profile import PROFILE_NAME, load_profile

CORPUS_SPEAKERS = ("user", "assistant")


@dataclass(frozen=True)
class FitOptions:
    """Who is who, and which laws the profile may use.

    Attributes:
        user, assistant: names of the speakers; both or neither.
        pool: use both speakers for both roles, even if named.
        laws: names; none: all.
    """

    user: str | None = None
    assistant: str | None = None
    pool: bool = False
    laws: Sequence[str] = ()


def fit_timing(console: Console, sources: Sequence[str], out: Path, options: FitOptions) -> None:
    """Fit a profile to conversations, print how closely each law fits, and write the profile.

    Raises:
        BuildError: a source can't be read, options contradict each other, there is too little to fit, or `out` exists.
    """
    if out.exists():
        raise BuildError(f"{out}: already exists; remove it or name another file")
    if out.suffix not in (".yaml", ".yml"):
        raise BuildError(f"{out}: a profile's file name must end in .yaml")
    if not PROFILE_NAME.fullmatch(out.stem):
        raise BuildError(f"{out}: {out.stem!r} can't be a profile's name; use letters, digits, '.', '_' and '-'")
    speakers = _speakers(options)
    unknown = sorted(set(options.laws) - set(law_names()))
    if unknown:
        raise BuildError(f"no law {unknown[0]!r} to fit; known laws: {', '.join(law_names())}")
    corpora = [source for source in sources if _is_corpus(source)]
    files = [source for source in sources if not _is_corpus(source)]
    conversations = [conversation for file in files for conversation in read_conversations(Path(file))]
    if speakers is None and all(set(conversation.speakers) <= set(CORPUS_SPEAKERS) for conversation in conversations):
        speakers = CORPUS_SPEAKERS
    pool = options.pool or speakers is None
    measured = measure(ipu_conversations(conversations, speakers, pool))
    count = len(conversations) + sum(_add_corpus(measured, root, speakers or CORPUS_SPEAKERS, pool) for root in corpora)
    description = f"Fitted by build-corpus timing fit to {count} conversations."
    fitted = fit_profile(measured, out.stem, description, options.laws or law_names())
    _print_fits(console, fitted)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(_to_yaml(fitted), encoding="utf-8")
    told = f"profile: {out}; use it with scenes.timing.profile: {out}"
    console.print(told, highlight=False, soft_wrap=True, markup=False)


def show_profile(console: Console, profile: str) -> None:
    """Print the laws and rates of a profile.

    Raises:
        BuildError: no such profile, or its content isn't one.
    """
    shown = load_profile(profile)
    console.print(f"[bold]{shown.name}[/bold]: {escape(shown.description)}", highlight=False)
    table = _table("law", "mean", "sd", "p10", "p50", "p90")
    rates = []
    for key, value in _leaves(shown):
        if isinstance(value, ConstantLaw | TruncatedLaw):
            numbers = (*value.moments(), *value.quantile((0.1, 0.5, 0.9)).tolist())
            table.add_row(f"[bold]{key}[/bold]\n  {escape(str(value))}", *(f"{number:.3f}" for number in numbers))
        elif isinstance(value, float):
            rates.append(f"{key} {value:g}")
    console.print(table)
    console.print("Laws are in seconds, onsets as a fraction of the other's speech.", highlight=False)
    for line in rates:
        console.print(line, highlight=False)


def _speakers(options: FitOptions) -> tuple[str, str] | None:
    if options.user is None and options.assistant is None:
        return None
    if options.user is None or options.assistant is None:
        raise BuildError("--user and --assistant belong together: name both speakers, or neither")
    if options.user == options.assistant:
        raise BuildError(f"--user and --assistant are both {options.user!r}; name two different speakers")
    return options.user, options.assistant


def _is_corpus(source: str) -> bool:
    return "://" in source or Path(source).is_dir()


def _add_corpus(measured: Measurement, root: str, speakers: tuple[str, str], pool: bool) -> int:
    """Add the dialogues of a published corpus to what was measured; return how many there are."""
    store = Store(root)
    unknown = [speaker for speaker in speakers if speaker not in CORPUS_SPEAKERS]
    if unknown:
        raise BuildError(
            f"{store.root}: no speaker is called {unknown[0]!r}; the speakers are {' and '.join(CORPUS_SPEAKERS)}"
        )
    dialogues = 0
    for table in _dialogues(store):
        add_dialogues(measured, table, roles_of(*speakers, pool))
        dialogues += len(table)
    return dialogues


def _dialogues(store: Store) -> Iterator[pa.Table]:
    """Yield the tables of a corpus's dialogues that its record of published files lists."""
    try:
        record = PublishedRecord.from_json(store.read(PUBLISHED_RECORD))
    except FileNotFoundError:
        patterns = patterns_in(store.local_path()) if store.is_local else []
        way_out = (
            f"to fit the recordings in it, give {' '.join(patterns)}"
            if patterns
            else "build or finish one with build-corpus run"
        )
        raise BuildError(
            f"{store.root}: holds no published corpus ({PUBLISHED_RECORD} is missing); {way_out}"
        ) from None
    for path in record.below("data/dialogues"):
        try:
            table = read_columns(store, path, COLUMNS)
        except FileNotFoundError:
            raise missing_file(store.root, path) from None
        except pa.ArrowException as error:
            raise BuildError(f"{store.address(path)}: not a table of the dialogues config ({error})") from error
        yield table


def _table(*columns: str) -> Table:
    """Return a table of numbers, but for its first column."""
    table = Table(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _print_fits(console: Console, fitted: FittedProfile) -> None:
    table = _table("law, closest first", "KS", "W1", "mean", "sd")
    for key in fitted.keys:
        table.add_row(f"[bold]{key.key}[/bold], {key.values} values", end_section=not key.fits)
        if key.unfit:
            table.add_row(f"  not {', '.join(key.unfit)}: can't represent these values")
        for fit in key.fits:
            table.add_row(
                f"  {escape(str(fit.law))}",
                f"{fit.ks:.3f}",
                f"{fit.w1:.4f}",
                *(f"{moment:.3f}" for moment in fit.law.moments()),
                end_section=fit is key.fits[-1],
            )
    console.print(table)
    legend = (
        "KS and W1: how far half of the values are from such a law fitted to the other half. "
        "W1, mean and sd are in seconds, for onsets as a fraction of the other's speech."
    )
    console.print(legend, highlight=False)
    for name, value in _leaves(fitted.profile):
        if isinstance(value, float) and name != "tail_s":
            console.print(f"{name} {value:g}", highlight=False)
    kept = [key.key for key in fitted.keys if not key.fits]
    if kept:
        console.print(f"fewer than {FEWEST_VALUES} values, so kept from profile {BASIS}: {', '.join(kept)}")


def _leaves(model: StrictModel, prefix: str = "") -> Iterator[tuple[str, Law | float | str]]:
    """Yield the laws and numbers of a profile with their keys, joined by dots."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, StrictModel) and not isinstance(value, ConstantLaw | TruncatedLaw):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _to_yaml(fitted: FittedProfile) -> str:
    content = _without_nothing(identity_of(fitted.profile))
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


def _without_nothing(value: object) -> object:
    """Return a mapping without the keys that hold None, at every depth."""
    if not isinstance(value, dict):
        return value
    return {key: _without_nothing(below) for key, below in value.items() if below is not None}
