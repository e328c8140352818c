"""The audit page of a finished corpus: which dialogues, read from where, written where."""

import io
from collections.abc import Iterator
from dataclasses import replace

import pyarrow.parquet as pq

from manifests.completion import ArtefactFile
from manifests.errors import BuildError
from manifests.names import SPLITS
from manifests.published import PUBLISHED_RECORD
from manifests.records import Scene
from manifests.tables import scenes_from_table
from pipeline.artefacts import Artefacts
from pipeline.claim import config_of
from pipeline.config import RunConfig
from pipeline.facts import CorpusFacts, gather_facts
from pipeline.publication import published_path
from pipeline.storage import Store, sha256
from previews import CANDIDATE_COLUMNS, PreviewFacts, candidates_from_table, select, speak_again, write_preview
from stages.units import identity

PREVIEW_FOLDER = "preview"
PREVIEW_PAGE = f"{PREVIEW_FOLDER}/index.html"


def write_preview_page(config: RunConfig, artefacts: Artefacts, facts: CorpusFacts, *, published: bool) -> None:
    """Rewrite the page and its audio; with `preview.dialogues: 0` there is none.

    Files that the new page doesn't use are removed last, so if it can't be made, the old one stays.

    Args:
        published: the scenes are in `data/` and read from there: a copy of a corpus need not hold its artefacts.

    Raises:
        BuildError: the vocoder or a file of scenes is unavailable.
    """
    store = artefacts.store
    if not config.preview.dialogues:
        store.remove(PREVIEW_FOLDER)
        return
    speak = speak_again(config.streams.speech_tokenizer) if config.preview.speaks_units else None
    files = [
        replace(file, path=published_path(shard, file)) if published else file
        for shard, file in facts.published
        if file.kind == "dialogues"
    ]
    chosen = select(
        (
            candidate
            for file in files
            for candidate in candidates_from_table(artefacts.columns(file, CANDIDATE_COLUMNS))
        ),
        config.preview.dialogues,
    )
    written: set[str] = set()

    def write(path: str, data: bytes) -> None:
        store.write(f"{PREVIEW_FOLDER}/{path}", data)
        written.add(f"{PREVIEW_FOLDER}/{path}")

    write_preview(
        _scenes(artefacts, files, frozenset(chosen)),
        PreviewFacts(
            corpus=config.name,
            scenes_sha256=sha256("\n".join(file.sha256 for file in files).encode()),
            dialogues=facts.dialogues,
            hours=facts.audio_s / 3600,
            splits=tuple(
                (split, facts.holdings["dialogues", split].rows)
                for split in SPLITS
                if ("dialogues", split) in facts.holdings
            ),
            no_units="" if speak else _no_units(config),
        ),
        write,
        speak,
        config.execution.threads,
    )
    for path in set(store.walk(PREVIEW_FOLDER)) - written:
        store.remove(path)


def rewrite_preview(root: str) -> str:
    """Rewrite the page of a finished corpus; return where it is.

    Raises:
        BuildError: there is no corpus, it has no scenes yet, or its config turns the page off.
    """
    store = Store(root)
    config = config_of(store)
    if not config.preview.dialogues:
        raise BuildError(f"{root}: was built with preview.dialogues: 0; run its config again with a number above 0")
    artefacts = Artefacts(store)
    facts = gather_facts(config, artefacts)
    if not facts.dialogues:
        raise BuildError(f"{root}: no scenes yet, so nothing to listen to; see `build-corpus status {root}`")
    write_preview_page(config, artefacts, facts, published=store.exists(PUBLISHED_RECORD))
    return page_address(store)


def page_address(store: Store) -> str:
    """Return where a browser finds the page."""
    return store.local_path(PREVIEW_PAGE).resolve().as_uri() if store.is_local else store.address(PREVIEW_PAGE)


def _no_units(config: RunConfig) -> str:
    """Return why no dialogue is spoken from its units."""
    if not config.preview.from_units:
        return "preview.from_units is off"
    return f"there is no vocoder for those of {identity(config.streams.speech_tokenizer).tokenizer}"


def _scenes(artefacts: Artefacts, files: list[ArtefactFile], chosen: frozenset[int]) -> Iterator[Scene]:
    """Yield the chosen scenes; only files that hold one are read whole."""
    for file in files:
        indices = artefacts.columns(file, ["index"])["index"].to_pylist()
        rows = [row for row, index in enumerate(indices) if index in chosen]
        if rows:
            scenes = pq.read_table(io.BytesIO(artefacts.read(file)))
            for row in rows:  # `take` would make one piece of all the file's audio, and fail beyond 2 GiB
                yield from scenes_from_table(scenes.slice(row, 1))
