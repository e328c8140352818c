"""Every file of the repository that a reader is sent to is there."""

import re
from itertools import product

import pytest

from stages.units import Encodec, Mimi, S3Tokenizer, WhisperVq, remarks
from tests.building import ROOT

FOLDERS = "benchmarks|commands|configs|docs|manifests|models|noise|pipeline|previews|stages|talk|tests|training"
PATH = re.compile(rf"(?<![\w/])(?:{FOLDERS})/[\w./-]*\w/?")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_files_that_are_there(page):
    text = page.read_text("utf-8")
    missing = {path for path in PATH.findall(text) if not (ROOT / path).exists()}
    missing |= {link for link in LINK.findall(text) if not (page.parent / link).exists()}
    assert not missing


def test_what_a_card_says_of_its_units_names_files_that_are_there():
    checkpoint = {"path": "/anywhere"}
    configs = (
        WhisperVq(),
        WhisperVq(model="mine.onnx"),
        S3Tokenizer(kind="s3tokenizer", variant="v2_25hz", **checkpoint),
        Mimi(kind="mimi", codebooks=8, **checkpoint),
        Encodec(kind="encodec", **checkpoint),
    )
    said = " ".join(
        remark for config, language in product(configs, ("en", "zh")) for remark in remarks(config, language)
    )
    named = PATH.findall(said)
    assert "stages/units/whisper_vq.md" in named
    assert all((ROOT / path).is_file() for path in named)
