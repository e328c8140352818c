"""Timing profiles for tests, written as in a config."""

import yaml

from stages.scenes.config import ScenesConfig
from stages.scenes.profile import TimingProfile


def profile(text: str) -> TimingProfile:
    """Return what a config's timing section resolves to."""
    return ScenesConfig.model_validate({"timing": yaml.safe_load(text)}).timing
