"""What is said where a package is missing."""

import tomllib
from pathlib import Path
from typing import get_args

import pytest

from manifests.errors import BuildError
from manifests.extras import Extra, installed_version, missing_extra

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_package_of_an_extra_is_installed_from_the_projects_folder():
    said = str(missing_extra("llm.provider local needs xllamacpp", "engines", "or use a server"))

    assert said == (
        'llm.provider local needs xllamacpp: run pip install -c constraints.txt -e ".[engines]" in the project\'s '
        "folder, or use a server"
    )


def test_a_version_stands_with_its_name_and_a_missing_package_is_named():
    assert installed_version("pytest", "engines") == f"pytest {pytest.__version__}"
    with pytest.raises(BuildError, match=r'no-such-engine is not installed: run pip install .* -e "\."'):
        installed_version("no-such-engine")


def test_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {*get_args(Extra)} <= project["optional-dependencies"].keys()
