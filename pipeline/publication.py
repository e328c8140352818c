"""Whether a corpus is published, and as what: the state kept in the record of published files."""

import hashlib

from manifests.completion import ArtefactFile
from manifests.published import CARD, PUBLISHED_RECORD, PublishedRecord
from pipeline.config import RunConfig
from pipeline.storage import Store


def publication_identity(config: RunConfig) -> str:
    """Return a hash of all that decides which artefacts are published how: config, preview, check and licence."""
    asides = config.preview.model_dump_json(), config.timing_check.model_dump_json(), config.corpus.licence
    stated = "\n".join([config.to_yaml(), *asides])
    return hashlib.sha256(stated.encode()).hexdigest()


def is_published(config: RunConfig, store: Store) -> bool:
    """Tell whether the corpus has been published completely with this config."""
    try:
        record = PublishedRecord.from_json(store.read(PUBLISHED_RECORD))
    except FileNotFoundError:
        return False
    return record.identity == publication_identity(config)


def published_path(shard: int, file: ArtefactFile) -> str:
    """Return the path of a shard's file in the published corpus."""
    return f"data/{file.kind}/{file.split}/shard-{shard:05d}.parquet"


def withdraw(store: Store) -> None:
    """Unpublish the corpus; without its card, `datasets` does not mistake parts of it for the whole."""
    store.remove(PUBLISHED_RECORD)
    store.remove(CARD)
