"""From features to a codebook: a projection that keeps what noise does not touch, then k-means."""

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from stages.units.codebook import Codebook, Matrix, UnitsFormat
from stages.units.grid import CHUNK_UNITS

RIDGE = 0.02
"""Share of the mean variance that is added to the disturbance, so that no direction counts as undisturbed."""
BATCH_FRAMES = 16_384

Chunks = np.ndarray[tuple[int, int, int], np.dtype[np.float32]]


def position_mean(chunks: Chunks) -> Matrix:
    """Return the mean feature at each place of a chunk, shape (CHUNK_UNITS, dims)."""
    mean: Matrix = chunks.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def projection(features: Matrix, disturbances: Matrix, dims: int) -> Matrix:
    """Return the directions, shape (all dims, dims), in which features vary most for how little they are disturbed.

    This is linear discriminant analysis with every frame a class of its own, its members the frame in silence, in
    noise, at another level and at another place in the window: the generalised eigenvectors of the total over the
    within-frame covariance, scaled to unit disturbance.

    Args:
        features: shape (frames, all dims), without position means.
        disturbances: shape (pairs, all dims), clean minus disturbed features of the same frame.
    """
    total = np.cov(features.T.astype(np.float64))
    within = (disturbances.T.astype(np.float64) @ disturbances) / (2.0 * len(disturbances))
    within += RIDGE * np.trace(total) / len(total) * np.eye(len(total))
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T
    _, vectors = np.linalg.eigh(whiten.T @ total @ whiten)
    directions: Matrix = (whiten @ vectors[:, ::-1][:, :dims]).astype(np.float32)
    return directions


def fit_codebook(
    chunks: Chunks, disturbances: Matrix, units_format: UnitsFormat, size: int, dims: int, seed: int
) -> Codebook:
    """Return the codebook learned from chunks of features, shape (n, CHUNK_UNITS, all dims).

    One thread fits, whatever the machine has: sums in another order end in other codes.
    """
    with threadpool_limits(1):
        return _fit(chunks, disturbances, units_format, size, dims, seed)


def _fit(chunks: Chunks, disturbances: Matrix, units_format: UnitsFormat, size: int, dims: int, seed: int) -> Codebook:
    means = position_mean(chunks)
    centred = (chunks - means).reshape(-1, chunks.shape[2])
    directions = projection(centred, disturbances, dims)
    clusters = MiniBatchKMeans(
        size, batch_size=BATCH_FRAMES, n_init=1, max_iter=40, random_state=seed % 2**32, reassignment_ratio=0.005
    )
    clusters.fit(centred @ directions)
    codes: Matrix = clusters.cluster_centers_.astype(np.float32)
    return Codebook(units_format, means, directions, codes)


def disturbance(clean: Chunks, other: Chunks, means: Matrix, lead_units: int) -> Matrix:
    """Return clean minus disturbed features of the same frames, shape (n, all dims), position means taken away."""
    if clean.shape[1] != CHUNK_UNITS:
        raise ValueError(f"chunks of {clean.shape[1]} units")
    dims = clean.shape[2]
    clean_frames = (clean - means).reshape(-1, dims)
    other_frames = (other - means).reshape(-1, dims)[lead_units:]
    count = min(len(clean_frames), len(other_frames))
    difference: Matrix = clean_frames[:count] - other_frames[:count]
    return difference
