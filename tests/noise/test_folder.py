"""Which faults are one recording's, for which another may stand in, and which are the storage's."""

import errno
import io
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile
from fsspec.implementations.memory import MemoryFileSystem

from manifests.errors import BuildError, RejectedError
from noise import AudioFolder
from tests.s3_server import S3Server
from tests.streamed_flac import without_length


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


@pytest.mark.parametrize("root", ["s3://bucket/noise", "s3://bucket"])
def test_a_network_that_is_gone_while_a_folder_is_listed_is_no_fault_of_the_config(s3: S3Server, root: str) -> None:
    s3.files.pipe_file("bucket/noise/a.wav", recording())
    s3.vanish()
    with pytest.raises(OSError, match=rf"noise folder '{root}' can't be reached"):
        AudioFolder.open(root, "noise", "mend it")


class BusyFileSystem(MemoryFileSystem):
    """One that has too much to do, which `isdir` of most drivers takes for a no."""

    protocol = "busy"

    def info(self, path: str, **_: object) -> dict[str, object]:
        raise OSError(errno.EBUSY, "Please reduce your request rate", path)

    def isdir(self, path: str) -> bool:
        return fsspec.AbstractFileSystem.isdir(self, path)


def test_nor_is_storage_that_has_too_much_to_do() -> None:
    fsspec.register_implementation("busy", BusyFileSystem, clobber=True)
    with pytest.raises(OSError, match=r"room folder 'busy://rooms' can't be reached: .*reduce your request rate"):
        AudioFolder.open("busy://rooms", "room", "mend it")


def test_nor_is_a_disk_that_is_gone_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(*_: object, **__: object) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("fsspec.implementations.local.os.stat", stale)
    with pytest.raises(OSError, match=r"can't be reached: .*Stale file handle"):
        AudioFolder.open(str(tmp_path), "noise", "mend it")


@pytest.mark.parametrize(
    ("root", "fault"),
    [
        ("s3://bucket/nowhere", "does not exist"),
        ("s3://no-such-bucket/noise", "does not exist"),
        ("s3://bucket/noise/a.wav", "is not a folder"),
        ("unheard-of://noise", "can't be listed .*not known"),
    ],
)
def test_a_folder_that_the_config_names_and_that_is_none_is_its_fault(s3: S3Server, root: str, fault: str) -> None:
    s3.files.pipe_file("bucket/noise/a.wav", recording())
    with pytest.raises(BuildError, match=rf"noise folder '{root}' {fault}.*: mend it"):
        AudioFolder.open(root, "noise", "mend it")


def test_a_folder_that_storage_refuses_to_list_is_the_configs_fault(s3: S3Server) -> None:
    s3.token_expired = True
    with pytest.raises(BuildError, match=r"noise folder 's3://bucket/noise' can't be listed .*expired.*: mend it"):
        AudioFolder.open("s3://bucket/noise", "noise", "mend it")


def test_a_recording_whose_header_tells_no_length_is_its_own_fault(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(without_length(recording(kind="FLAC")))
    folder = AudioFolder.open(str(tmp_path), "room", "mend it")
    with pytest.raises(RejectedError, match=r"room_unreadable: a\.flac: its header gives no length"):
        folder.read("a.flac", whole)
