"""The steps of a run: for each stage, what it reads, what it runs, what it writes."""

from pipeline.steps.graph import (
    StepInfo,
    engines_of,
    open_step,
    step_engines,
    step_fingerprint,
    step_fingerprints,
    steps_of,
)

__all__ = [
    "StepInfo",
    "engines_of",
    "open_step",
    "step_engines",
    "step_fingerprint",
    "step_fingerprints",
    "steps_of",
]
