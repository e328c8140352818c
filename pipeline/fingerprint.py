"""Fingerprints: which config, engines and upstream stages an artefact was made from."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from manifests.names import StageName
from manifests.records import EngineInfo

FORMAT_VERSIONS: dict[StageName, int] = {
    "dialogues": 8,
    "selection": 5,
    "noise": 6,
    "speech": 7,
    "scenes": 9,
    "streams": 5,
}
"""A stage's is raised whenever the same config and the same input would give other bytes of it than before: what stands
before the stage stays valid, what reads it is made anew."""


def fingerprint(
    stage: StageName, section: Mapping[str, Any], engines: Iterable[EngineInfo], upstream: Iterable[str]
) -> str:
    """Return the hash of a stage's version, its own config, its engines' identities and the fingerprints it reads from.

    Args:
        stage: whose version counts.
        section: all of the config that decides what the stage makes.
        engines: that it runs on.
        upstream: fingerprints of the stages whose artefacts it reads.
    """
    identity = {
        "format": FORMAT_VERSIONS[stage],
        "section": section,
        "engines": [[e.part, e.engine, e.model, e.digest] for e in engines],
        "upstream": list(upstream),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
