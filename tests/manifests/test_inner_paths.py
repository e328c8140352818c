"""A record of a stranger's corpus leads nowhere but into the corpus."""

import json
import re

import pytest

from manifests.completion import ArtefactFile, Completion
from manifests.errors import BuildError
from manifests.published import PublishedFile, PublishedRecord

OUTSIDE = ["/etc/passwd", "../other/x", "data/../../x", "data/..", "data\\x", "data//x", "data/", "", "s3://bucket/x"]
INSIDE = ["README.md", "data/train/..shard-00000.parquet", "artefacts/noise/corpus-1a/noise/hum 1.wav"]


def published(path: str) -> bytes:
    return PublishedRecord("identity", (PublishedFile(path, 1, "sha"),)).to_json()


def completion(path: str) -> bytes:
    file = ArtefactFile("text", "", path, 1, 1, "sha")
    return Completion("speech", 3, "print", (file,), 1, 1, {}, {}, {}, 0.0, ()).to_json()


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_published_file_outside_the_corpus_is_refused(path):
    told = rf"manifests/published\.json lists {re.escape(repr(path))}, which is not a path inside"
    with pytest.raises(BuildError, match=told):
        PublishedRecord.from_json(published(path))


@pytest.mark.parametrize("path", OUTSIDE)
def test_an_artefact_outside_the_corpus_is_refused(path):
    told = rf"manifests/speech/shard-00003\.json lists {re.escape(repr(path))}, which is not a path inside"
    with pytest.raises(BuildError, match=told):
        Completion.from_json(completion(path))


@pytest.mark.parametrize("path", INSIDE)
def test_a_file_inside_the_corpus_is_read_as_it_was_written(path):
    assert [file.path for file in PublishedRecord.from_json(published(path)).files] == [path]
    assert json.loads(completion(path))["files"][0]["path"] == path
    assert [file.path for file in Completion.from_json(completion(path)).files] == [path]
