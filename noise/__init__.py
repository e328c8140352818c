"""Background noise: folders of recordings, a built-in generator of such a folder, and mixing at a given SNR."""

from noise.catalogue import Catalogue, NoiseFile
from noise.config import CategoryWeights, NoiseConfig, SnrRange
from noise.folder import AudioFile, AudioFolder
from noise.generator import BUILTIN_VERSION, builtin_bytes, builtin_noise
from noise.mixing import SILENCE_POWER, Scaled, active_power, limit, loop, mean_square, scale_to_snr

__all__ = [
    "BUILTIN_VERSION",
    "SILENCE_POWER",
    "AudioFile",
    "AudioFolder",
    "Catalogue",
    "CategoryWeights",
    "NoiseConfig",
    "NoiseFile",
    "Scaled",
    "SnrRange",
    "active_power",
    "builtin_bytes",
    "builtin_noise",
    "limit",
    "loop",
    "mean_square",
    "scale_to_snr",
]
