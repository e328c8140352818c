"""Which faults are one recording's, for which another may stand in, and which are the storage's."""

import errno
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from manifests.errors import RejectedError
from noise import AudioFolder
from tests.s3_server import S3Server


def whole(audio: soundfile.SoundFile) -> tuple[int, int]:
    return 0, audio.frames


def recording(frames: int = 100, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(0).uniform(-0.5, 0.5, frames), 16_000, format=kind)
    return buffer.getvalue()


@pytest.fixture
def bucket(s3: S3Server) -> AudioFolder:
    for name in ("a.wav", "b.wav"):
        s3.files.pipe_file(f"bucket/noise/{name}", recording())
    return AudioFolder.open("s3://bucket/noise", "noise", "mend it")


def test_expired_credentials_change_no_choice_of_recordings(s3: S3Server, bucket: AudioFolder) -> None:
    assert len(bucket.read("a.wav", whole).frames) == 100
    s3.token_expired = True
    with pytest.raises(PermissionError, match="expired"):
        bucket.read("b.wav", whole)


def test_nor_does_a_network_that_is_gone(s3: S3Server, bucket: AudioFolder) -> None:
    s3.vanish()
    with pytest.raises(OSError, match=r"noise a\.wav can't be reached"):
        bucket.read("a.wav", whole)


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_a_stretch_of_a_long_recording_is_fetched_without_the_rest(s3: S3Server, kind: str) -> None:
    data = recording(8 * 60 * 16_000, kind)
    s3.files.pipe_file("bucket/noise/a.wav", data)
    folder, before = AudioFolder.open("s3://bucket/noise", "noise", "mend it"), s3.sent_bytes

    stretch = folder.read("a.wav", lambda audio: (4 * 60 * 16_000, 16_000))

    with soundfile.SoundFile(io.BytesIO(data)) as audio:
        audio.seek(4 * 60 * 16_000)
        assert np.array_equal(stretch.frames[:, 0], audio.read(16_000, dtype="float32"))
    assert s3.sent_bytes - before < len(data) * 0.6


def test_a_network_that_is_gone_in_the_midst_of_a_recording_makes_it_no_shorter(s3: S3Server) -> None:
    s3.files.pipe_file("bucket/noise/a.wav", recording(2 * 60 * 16_000))
    folder = AudioFolder.open("s3://bucket/noise", "noise", "mend it")

    def vanishing(audio: soundfile.SoundFile) -> tuple[int, int]:
        s3.vanish()
        return whole(audio)

    with pytest.raises(OSError, match=r"noise a\.wav can't be reached"):
        folder.read("a.wav", vanishing)


def test_an_object_that_is_gone_is_its_own_fault(s3: S3Server, bucket: AudioFolder) -> None:
    s3.files.rm_file("bucket/noise/a.wav")
    with pytest.raises(RejectedError, match=r"noise_unreadable: a\.wav"):
        bucket.read("a.wav", whole)


def test_a_file_on_disk_that_may_not_be_read_is_its_own_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(recording())
    folder = AudioFolder.open(str(tmp_path), "noise", "mend it")

    def denied(path: str, *_: object, **__: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(folder.filesystem, "open", denied)  # root, as which tests may run, reads whatever it likes
    with pytest.raises(RejectedError, match=r"noise_unreadable: a\.wav"):
        folder.read("a.wav", whole)
