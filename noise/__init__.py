"""Background noise: folders of it, a built-in generator of such a folder, and mixing at a given SNR."""

from noise.catalogue import Catalogue, NoiseFile
from noise.config import CategoryWeights, NoiseConfig, SnrRange
from noise.generator import BUILTIN_VERSION, builtin_noise
from noise.mixing import SILENCE_POWER, Mixed, active_power, limit, loop, mix

__all__ = [
    "BUILTIN_VERSION",
    "SILENCE_POWER",
    "Catalogue",
    "CategoryWeights",
    "Mixed",
    "NoiseConfig",
    "NoiseFile",
    "SnrRange",
    "active_power",
    "builtin_noise",
    "limit",
    "loop",
    "mix",
]
