"""What names a file by its content."""

import hashlib

import pytest

from manifests.digests import file_sha256
from manifests.errors import BuildError


def test_a_file_is_named_by_its_bytes(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "voice.onnx").write_bytes(content)

    assert file_sha256(tmp_path / "voice.onnx") == hashlib.sha256(content).hexdigest()


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    with pytest.raises(BuildError, match=r"voice\.onnx can't be read: .*No such file"):
        file_sha256(tmp_path / "voice.onnx")
