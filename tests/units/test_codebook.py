"""The codebook file and the search for the nearest code."""

from dataclasses import replace

import numpy as np
import pytest

from manifests.errors import BuildError
from stages.units.codebook import Codebook, UnitsFormat, read_codebook, write_codebook

FORMAT = UnitsFormat("whisper-tiny.en", "digest", "int8")


def codebook(dims: int = 6, projected: int = 3, size: int = 50) -> Codebook:
    rng = np.random.default_rng(0)
    shapes = ((10, dims), (dims, projected), (size, projected))
    return Codebook(FORMAT, *(rng.standard_normal(shape).astype(np.float32) for shape in shapes))


def test_what_is_written_is_read_back(tmp_path):
    write_codebook(tmp_path / "units.safetensors", codebook())
    read = read_codebook(tmp_path / "units.safetensors")
    assert read.format == FORMAT
    assert np.array_equal(read.codes, codebook().codes)


def test_each_feature_gets_the_code_at_the_smallest_distance():
    book = codebook()
    features = np.random.default_rng(1).standard_normal((10, 6)).astype(np.float32)
    projected = (features - book.position_mean) @ book.projection
    distances = np.linalg.norm(projected[:, np.newaxis] - book.codes, axis=2)
    assert book.nearest(book.project(features)).tolist() == distances.argmin(axis=1).tolist()


@pytest.mark.parametrize(
    "change", [{"chunk_units": 5}, {"past_units": 25}, {"lookahead_units": 0}, {"rate_hz": 50}, {"layers": (2, 3)}]
)
def test_a_codebook_for_another_grid_is_refused(tmp_path, change):
    path = tmp_path / "units.safetensors"
    write_codebook(path, replace(codebook(), format=replace(FORMAT, **change)))
    (name,) = change
    with pytest.raises(BuildError, match=f"{name} is"):
        read_codebook(path)


def test_shapes_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "units.safetensors"
    write_codebook(path, replace(codebook(), codes=np.zeros((50, 4), np.float32)))
    with pytest.raises(BuildError, match="don't fit together"):
        read_codebook(path)


def test_a_file_that_is_no_codebook_is_named(tmp_path):
    path = tmp_path / "units.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises(BuildError, match=r"units\.safetensors is no codebook"):
        read_codebook(path)
