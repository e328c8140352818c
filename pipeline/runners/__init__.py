"""The stages of a run: what each reads, what it runs, what it writes."""

from pipeline.runners.graph import (
    StageSpec,
    engines_by_stage,
    engines_of,
    fingerprints_by_stage,
    open_runner,
    stage_fingerprint,
    stages_of,
)

__all__ = [
    "StageSpec",
    "engines_by_stage",
    "engines_of",
    "fingerprints_by_stage",
    "open_runner",
    "stage_fingerprint",
    "stages_of",
]
