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
"""A stage's version is raised whenever the same config and input would give different bytes than before: stages before
it stay valid, stages that read it are redone."""


def fingerprint(
    stage: StageName, section: Mapping[str, Any], engines: Iterable[EngineInfo], upstream: Iterable[str]
) -> str:
    """Return the hash of a stage's version, config, engine identities and upstream fingerprints.

    Args:
        stage: whose version counts.
        section: all of the config that decides what the stage makes.
        engines: those it uses.
        upstream: fingerprints of the stages whose artefacts it reads.
    """
    identity = {
        "format": FORMAT_VERSIONS[stage],
        "section": section,
        "engines": [[e.part, e.engine, e.model, e.digest] for e in engines],
        "upstream": list(upstream),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
