"""What an installation has beside the code."""

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

from tests.building import ROOT


def test_every_data_file_of_a_package_is_installed_with_it():
    if not (ROOT / ".git").exists():
        pytest.skip("which files belong to the project is known to git alone")
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = set(find_namespace_packages(str(ROOT), include=tool["packages"]["find"]["include"]))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    inside = {package.split(".")[0] for package in packages}
    files = [path for path in map(Path, listed.splitlines()) if path.parts[0] in inside and path.suffix != ".py"]

    assert files
    for path in files:
        assert ".".join(path.parent.parts) in packages, path
        assert any(fnmatch(path.name, pattern) for pattern in tool["package-data"]["*"]), path
