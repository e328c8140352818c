import socket

import pytest

from manifests.errors import BuildError
from pipeline.worker import Worker
from tests.pipeline.server_config import config


def test_a_worker_whose_node_does_not_see_the_runs_folder_says_which_and_what_to_do(tmp_path):
    worker = Worker(str(tmp_path / "own"), config(tmp_path), "speech", "")

    with pytest.raises(BuildError) as raised:
        worker.arrive()

    assert f"{tmp_path}/own/manifests/run.json: not there on {socket.gethostname()}" in str(raised.value)
    assert "s3://" in str(raised.value)
