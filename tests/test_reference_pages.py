"""The pages of reference say what the code says: every reason and note, every column."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from manifests.features import COLUMN_NOTES
from stages.dialogues.filters import TURN_FILTERS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reasons.md").read_text("utf-8")
NAMED = {name.split(":")[0] for name in re.findall(r"`([a-z_0-9]+(?::<\w+>)?)`", PAGE)}
GIVING = {"RejectedError", "RefusedTakeError", "_RefusedTextError", "left_out"}
"""What makes a reject, with its reason as the first text among the arguments."""


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
    return found | set(counted.findall((ROOT / "pipeline/steps/speech.py").read_text("utf-8")))


def test_every_reason_and_note_has_its_line():
    found = reasons() | set(TURN_FILTERS) | notes()
    assert len(found) > 60, "the search for them is broken"
    assert not found - NAMED


def test_every_column_of_the_dialogues_is_told_as_the_card_tells_it():
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert all(f"| `{name}` | {note} |" in page for name, note in COLUMN_NOTES["dialogues"])
