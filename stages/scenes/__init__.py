"""Scenes: turns placed in time on two channels, interrupted ones cut, noise behind the user."""

from stages.scenes.acoustics import open_folder as open_room_folder
from stages.scenes.audit.heard import LEAST_SNR_DB, can_be_heard, hear
from stages.scenes.audit.listened import Listened
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.audit.rates import rate_table, requested_rates, tallies
from stages.scenes.audit.report import Planned, SceneTiming, achieved, planned_in, requested_laws, timing_table
from stages.scenes.audit.timing_plot import timing_plot
from stages.scenes.audit.tolerance import TimingCheckConfig, rate_problems, timing_problems
from stages.scenes.config import ScenesConfig
from stages.scenes.estimates import EXPECTED_RTF, expected_backchannels_s, expected_pause_s
from stages.scenes.phrases import BackchannelPhrases, backchannels_of
from stages.scenes.stage import SceneStage, engines, remarks

__all__ = [
    "EXPECTED_RTF",
    "LEAST_SNR_DB",
    "BackchannelPhrases",
    "Listened",
    "Measure",
    "Planned",
    "SceneStage",
    "SceneTiming",
    "ScenesConfig",
    "Tally",
    "TimingCheckConfig",
    "achieved",
    "backchannels_of",
    "can_be_heard",
    "engines",
    "expected_backchannels_s",
    "expected_pause_s",
    "hear",
    "open_room_folder",
    "planned_in",
    "rate_problems",
    "rate_table",
    "remarks",
    "requested_laws",
    "requested_rates",
    "tallies",
    "timing_plot",
    "timing_problems",
    "timing_table",
]
