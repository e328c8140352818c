"""Scenes: turns placed in time on two channels, interruptions cut, noise behind the user."""

from stages.scenes.config import ScenesConfig
from stages.scenes.report import timing_table
from stages.scenes.stage import SceneStage, engines

__all__ = ["SceneStage", "ScenesConfig", "engines", "timing_table"]
