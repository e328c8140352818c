"""Fingerprints: which config, engines and upstream stages an artefact was made from."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from manifests.records import EngineInfo

FORMAT_VERSION = 4
"""Raised whenever the same config would give other bytes than before."""


def fingerprint(section: Mapping[str, Any], engines: Iterable[EngineInfo], upstream: Iterable[str]) -> str:
    """Return the hash of a stage's own config, its engines' identities and the fingerprints it reads from."""
    identity = {
        "format": FORMAT_VERSION,
        "section": section,
        "engines": [[e.part, e.engine, e.model, e.digest] for e in engines],
        "upstream": list(upstream),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
