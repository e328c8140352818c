"""Which models a gate's config needs, determined without loading any."""

from manifests.records import EngineInfo
from stages.speech.gate.config import GateConfig
from stages.speech.gate.dnsmos import dnsmos_engine
from stages.speech.gate.whisper_judge import judge_engine


def judge_engines(config: GateConfig) -> tuple[EngineInfo, ...]:
    """Return the identity of the judges.

    Raises:
        BuildError: a judge's package is not installed, or its folder holds no model.
    """
    judges = (judge_engine(config.asr),) if config.judges_words else ()
    return judges if config.min_dnsmos is None else (*judges, dnsmos_engine())
