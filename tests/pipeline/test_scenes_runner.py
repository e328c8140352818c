"""The built-in noise is what its record lists, whatever else stands in its folder."""

import numpy as np
import pytest

from manifests.completion import Completion
from manifests.errors import BuildError
from noise import Catalogue, NoiseConfig, builtin_noise
from pipeline.artefacts import Artefact, Artefacts, NewFile
from pipeline.runners.scenes import open_noise
from pipeline.storage import Store
from tests.s3_server import S3Server

RATE = 8_000


@pytest.fixture(scope="module")
def recordings() -> dict[str, bytes]:
    clip = np.random.default_rng(0).uniform(-0.5, 0.5, RATE).astype(np.float32)
    return dict(builtin_noise(0, [clip], RATE))


def written(root: str, recordings: dict[str, bytes]) -> tuple[Artefacts, Completion]:
    """Return the artefacts of a corpus whose noise is made, and the record of it."""
    artefacts, made = Artefacts(Store(root)), Artefact(items_in=1, items_out=1)
    made.files = [NewFile("noise", "", path, data, 1) for path, data in recordings.items()]
    return artefacts, artefacts.write("noise", None, made, "", 0.0, [])


@pytest.mark.parametrize("root", ["corpus", "s3://bucket/run[2]"])
def test_the_noise_is_the_recorded_files_and_no_other(tmp_path, s3: S3Server, recordings, root):
    artefacts, record = written(root if "://" in root else str(tmp_path / root), recordings)
    folder = record.files[0].path.split("/noise/coloured")[0]
    before = Catalogue.open(artefacts.store.address(folder), NoiseConfig().categories)
    artefacts.store.write(f"{folder}/noise/stray.wav", recordings["noise/hum/hum-0001.wav"])

    found = open_noise(NoiseConfig(), artefacts)

    assert (found.files, found.root, found.digest()) == (before.files, before.root, before.digest())
    stretches = [each.read(each.files[0], RATE, 100, 0.5) for each in (before, found)]
    assert np.array_equal(*stretches)


def test_a_changed_recording_is_refused_by_name(tmp_path, recordings):
    artefacts, record = written(str(tmp_path), recordings)
    path = record.files[3].path
    artefacts.store.write(path, recordings["music/synthesised/chords-0001.wav"])

    with pytest.raises(BuildError, match=rf"{path}: sha256 is .* but its record says"):
        open_noise(NoiseConfig(), artefacts)


def test_a_recording_that_is_gone_is_named_with_the_way_out(tmp_path, recordings):
    artefacts, record = written(str(tmp_path), recordings)
    path = record.files[3].path
    artefacts.store.remove(path)

    with pytest.raises(BuildError, match=rf"{path}: missing, but its record lists it\. .*--from-stage"):
        open_noise(NoiseConfig(), artefacts)
