"""The directions of the design: cli -> commands -> pipeline -> stages -> noise, manifests; nothing the other way."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "manifests": set(),
    "noise": {"manifests"},
    "stages": {"manifests", "noise"},
    "previews": {"manifests", "stages"},
    "training": {"manifests", "noise", "stages"},
    "talk": {"manifests", "stages", "training"},
    "pipeline": {"manifests", "noise", "stages", "previews"},
    "commands": {"manifests", "pipeline", "stages", "talk", "training"},
    "cli": {"commands"},
}


def imported_modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def files_of(package: str) -> list[Path]:
    return [ROOT / "cli.py"] if package == "cli" else sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_stands_below_it(package):
    assert files_of(package)
    for path in files_of(package):
        ours = {module.split(".")[0] for module in imported_modules(path)} & MAY_IMPORT.keys()
        assert ours - {package} <= MAY_IMPORT[package], path


def test_workers_on_other_machines_are_sent_all_that_the_pipeline_may_import():
    from pipeline.execute import PROJECT_FOLDERS

    needed, found = {"pipeline"}, set()
    while needed:
        found |= needed
        needed = {below for package in needed for below in MAY_IMPORT[package]} - found

    assert set(PROJECT_FOLDERS) == found


@pytest.mark.parametrize("package", ["manifests", "noise", "stages", "previews", "talk", "training", "commands"])
def test_ray_is_known_to_the_pipeline_alone(package):
    for path in files_of(package):
        assert "ray" not in {module.split(".")[0] for module in imported_modules(path)}, path


@pytest.mark.parametrize(
    ("part", "below"),
    [("units", set()), ("duplex", set()), ("loop", {"duplex"}), ("evaluation", {"duplex", "loop"})],
)
def test_a_part_of_training_imports_only_what_stands_below_it(part, below):
    for path in files_of(f"training/{part}"):
        modules = [module.split(".") for module in imported_modules(path)]
        parts = {module[1] for module in modules if module[0] == "training" and len(module) > 1}
        assert parts - {part} <= below, path


def test_one_stage_does_not_import_another():
    names = {path.name for path in (ROOT / "stages").iterdir() if path.is_dir()} - {"llm", "units", "weights"}
    for stage in names - {"__pycache__"}:
        for path in files_of(f"stages/{stage}"):
            others = {f"stages.{other}" for other in names - {stage}}
            imported = {".".join(module.split(".")[:2]) for module in imported_modules(path)}
            assert not imported & others, path


def test_starting_the_command_imports_nothing_heavy():
    import subprocess

    code = "import cli, sys; print([m for m in ('ray', 'numpy', 'datasets', 'pydantic', 'openai') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
