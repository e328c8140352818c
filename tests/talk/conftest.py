"""A checkpoint with random weights, loaded once for the tests that talk to it, and a server of it."""

import pytest

from talk.talker import TalkOptions, open_talker
from tests.talk.served import served
from tests.talk.small_talkers import write_talker


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return write_talker(tmp_path_factory.mktemp("talker") / "final")


@pytest.fixture(scope="session")
def talker(checkpoint):
    return open_talker(checkpoint, TalkOptions())


@pytest.fixture(scope="module")
def address(talker):
    with served(talker.session) as address:
        yield address
