"""The pages of reference say what the code says: every reason and note, every column, every key of a config."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from manifests.features import COLUMN_NOTES
from manifests.strict_model import StrictModel
from pipeline.config import RunConfig
from stages.dialogues.filters import TURN_FILTERS
from stages.scenes.profile import TimingProfile
from training.duplex.config import TrainConfig

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reasons.md").read_text("utf-8")
NAMED = {name.split(":")[0] for name in re.findall(r"`([a-z_0-9]+(?::<\w+>)?)`", PAGE)}
GIVING = {"RejectedError", "RefusedTakeError", "_RefusedTextError", "left_out"}
"""What makes a reject, with its reason as the first text among the arguments."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOTTED = re.compile(r"`([a-z_0-9]+(?:\.(?:[a-z_0-9]+|\{[a-z_0-9,]+\}))+)(?=`|: )")
"""In backticks, alone or with a value; `a.{b,c}.d` stands for two."""
FILES = re.compile(r"\.(bin|flac|html|jsonl?|md|npz|onnx|parquet|py|safetensors|svg|toml|tsv|txt|wav|ya?ml)$")
PYTHON = {"pipeline", "manifests", "ray", "stages", "talk", "training"}
"""Packages whose names are written with dots, too; none is a section of a config."""


def trees() -> Iterator[ast.Module]:
    for folder in ("stages", "noise", "manifests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def constants(tree: ast.Module) -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def reasons() -> set[str]:
    named = {name: text for tree in trees() for name, text in constants(tree).items()}
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in GIVING:
                texts = [
                    each.value if isinstance(each, ast.Constant) else named.get(getattr(each, "id", ""))
                    for each in node.args
                ]
                found |= {text for text in texts[:2] if isinstance(text, str) and re.fullmatch("[a-z_0-9]+", text)}
    return found


def notes() -> set[str]:
    of_dialogues = re.compile(r'notes\.append\(f?"([a-z_]+)')
    found = {note for path in (ROOT / "stages").rglob("*.py") for note in of_dialogues.findall(path.read_text("utf-8"))}
    counted = re.compile(r"^ +([a-z_]+)=sum\(", re.MULTILINE)
    return found | set(counted.findall((ROOT / "pipeline/runners/speech.py").read_text("utf-8")))


def test_every_reason_and_note_has_its_line():
    found = reasons() | set(TURN_FILTERS) | notes()
    assert len(found) > 60, "the search for them is broken"
    assert not found - NAMED


def test_every_column_of_the_dialogues_is_told_as_the_card_tells_it():
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert all(f"| `{name}` | {note} |" in page for name, note in COLUMN_NOTES["dialogues"])


def keys_of(model: type[StrictModel], prefix: str = "") -> Iterator[str]:
    """Yield the path of every key, also of those that `config_keys` lists once for several sections."""
    if model.supplier is not None:
        yield f"{prefix}{model.supplier.key}"
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for section in sections_of(field.annotation):
            yield from keys_of(section, f"{prefix}{name}.")


def sections_of(annotation: Any) -> list[type[StrictModel]]:
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return [annotation]
    return [section for inner in get_args(annotation) for section in sections_of(inner)]


KEYS = {*keys_of(RunConfig), *keys_of(TrainConfig), *keys_of(TimingProfile)}
ENDS = {path[place:] for path in KEYS for place in (0, *(dot.end() for dot in re.finditer(r"\.", path)))}
"""A page may leave the first sections out: `scenes.timing.pause.user.rate` may stand as `pause.user.rate`."""


def dotted_keys(text: str) -> set[str]:
    found = set()
    for name in DOTTED.findall(text):
        if not FILES.search(name) and name.split(".")[0] not in PYTHON:
            before, choices, behind = [*re.split(r"[{}]", name), "", ""][:3]
            found |= {f"{before}{choice}{behind}" for choice in choices.split(",")}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_keys_that_a_config_has(page):
    assert not dotted_keys(page.read_text("utf-8")) - ENDS


def test_keys_are_told_from_files_and_python():
    text = "`pause.{user,assistant}.rate`, `a.b: 3`, `answer.json`, `talk.clock`, `a.b c`, a.d, `generator.Random`"
    assert dotted_keys(text) == {"pause.user.rate", "pause.assistant.rate", "a.b"}
    assert "execution.max_lost_share" not in ENDS
