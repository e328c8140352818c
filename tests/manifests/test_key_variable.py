"""The name of a key's variable: a key that stands in its place is refused and not repeated."""

import pytest
from pydantic import ValidationError

from manifests.key_variable import KeyVariable
from manifests.problems import describe_problems
from manifests.strict_model import StrictModel


class Server(StrictModel):
    """What holds such a name."""

    api_key_env: KeyVariable | None = None


@pytest.mark.parametrize("name", [None, "OPENAI_API_KEY", "_K2"])
def test_names_in_capitals_are_taken(name: str | None) -> None:
    assert Server(api_key_env=name).api_key_env == name


@pytest.mark.parametrize("key", ["sk-SECRET", "hf_SECRET", "$SECRET", "SECRET=", "2SECRET", "SECRET" * 20, "SECRET\n"])
def test_a_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Server(api_key_env=key)
    said = describe_problems(raised.value, Server)
    assert said.startswith("  api_key_env: this is not the name of an environment variable")
    assert "SECRET" not in said


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="not the name of an environment variable"):
        Server(api_key_env="")
