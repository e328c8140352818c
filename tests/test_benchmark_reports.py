"""Saved figures of a benchmark tell the weights they were measured with; what the README quotes is saved."""

import json
import re

import pytest

from benchmarks import reporting
from manifests.digests import file_sha256
from stages.units.bottleneck import EMBEDDED as TOKENS
from stages.units.vocoder import EMBEDDED as PRIOR


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setattr(reporting, "RESULTS", tmp_path)
    file = tmp_path / "network.onnx"
    file.write_bytes(b"trained")
    return file


def test_figures_beside_saved_ones_must_be_of_the_same_weights(weights):
    reporting.report("units", {"figure": 1.0}, {}, True, [weights])
    reporting.check_saved_weights("units", [weights])
    weights.write_bytes(b"trained again")
    with pytest.raises(SystemExit, match=r"units.json was not measured with the present network.onnx: run it whole"):
        reporting.check_saved_weights("units", [weights])


def test_figures_that_stand_beside_none_are_refused(weights):
    with pytest.raises(SystemExit, match="run it whole"):
        reporting.check_saved_weights("units", [weights])


@pytest.mark.parametrize("name", ["units", "units_speed"])
def test_the_published_figures_of_the_units_are_of_the_networks_that_come_along(name):
    saved = json.loads((reporting.RESULTS / f"{name}.json").read_text("utf-8"))
    assert saved["weights"] == {file.name: file_sha256(file) for file in (TOKENS, PRIOR)}


def test_the_readmes_rows_are_those_of_the_page_of_benchmarks():
    page = (reporting.ROOT / "docs" / "benchmarks.md").read_text("utf-8").splitlines()
    readme = (reporting.ROOT / "README.md").read_text("utf-8").splitlines()
    rows = [line for line in readme if line.endswith(".py` |")]
    assert rows
    assert [row for row in rows if row not in page] == []


def test_every_benchmark_that_is_quoted_has_saved_figures_and_is_run_by_make():
    pages = (reporting.ROOT / "README.md", reporting.ROOT / "docs" / "benchmarks.md")
    quoted = {name for page in pages for name in re.findall(r"`benchmarks/(\w+)\.py`", page.read_text("utf-8"))}
    makefile = (reporting.ROOT / "Makefile").read_text("utf-8")

    assert quoted
    assert [name for name in sorted(quoted) if not (reporting.RESULTS / f"{name}.json").is_file()] == []
    assert [name for name in sorted(quoted) if f"benchmarks/{name}.py" not in makefile] == []
