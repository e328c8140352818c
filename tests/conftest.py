"""What many tests read: one small corpus, built as a user would, and object storage."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import s3_server
from tests.building import SMALL_CONFIG, BuiltCorpus, build_corpus

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("fixed")
"""`make test` tries the same examples each time; `make fuzz` tries many new ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that takes longest: whichever process has it, others do the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_end_to_end.py")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> BuiltCorpus:
    """The small corpus, built once a session on the embedded engines."""
    folder = tmp_path_factory.mktemp("corpus")
    config = folder / "small.yaml"
    config.write_text(SMALL_CONFIG, encoding="utf-8")
    out = folder / "small"
    done = build_corpus("run", str(config), "--out", str(out))
    return BuiltCorpus(out, config, done.stdout)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[s3_server.S3Server]:
    """Object storage with an empty bucket, as ``s3://bucket``."""
    with s3_server.serve(monkeypatch) as server:
        yield server
