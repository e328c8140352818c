"""One small corpus, built as a user would, that all tests of finished corpora read."""

import pytest

from tests.building import SMALL_CONFIG, BuiltCorpus, build_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> BuiltCorpus:
    """The small corpus, built once a session on the embedded engines."""
    folder = tmp_path_factory.mktemp("corpus")
    config = folder / "small.yaml"
    config.write_text(SMALL_CONFIG, encoding="utf-8")
    out = folder / "small"
    done = build_corpus("run", str(config), "--out", str(out))
    return BuiltCorpus(out, config, done.stdout)
