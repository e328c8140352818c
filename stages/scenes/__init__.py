"""Scenes: turns placed in time on two channels, interruptions cut, noise behind the user."""

from stages.scenes.acoustics import open_folder as open_room_folder
from stages.scenes.config import ScenesConfig
from stages.scenes.estimates import EXPECTED_RTF, expected_pause_s
from stages.scenes.report import timing_table
from stages.scenes.stage import SceneStage, engines

__all__ = [
    "EXPECTED_RTF",
    "SceneStage",
    "ScenesConfig",
    "engines",
    "expected_pause_s",
    "open_room_folder",
    "timing_table",
]
