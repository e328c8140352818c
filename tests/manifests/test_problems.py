"""What is wrong with a config is told by key and value, and with what to write instead."""

import pytest
import yaml
from pydantic import ValidationError

from manifests.problems import describe_problems
from stages.scenes.config import ScenesConfig


def told(text: str) -> str:
    with pytest.raises(ValidationError) as raised:
        ScenesConfig.model_validate(yaml.safe_load(text))
    return describe_problems(raised.value, ScenesConfig).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{timing: assistant}", "timing: expected a section, as {profile: assistant} (found 'assistant')"),
        ("{timing: 3}", "timing: expected a section with keys such as profile, name, description (found 3)"),
        (
            "{timing: {profile: paper, lead_s: 0.5}}",
            "timing.lead_s: expected a section, as {law: constant, value: 0.5} (found 0.5)",
        ),
        (
            "{timing: {profile: paper, lead_s: short}}",
            "timing.lead_s: expected a section with keys such as law: constant or law: normal (found 'short')",
        ),
        ("{noise: builtin}", "noise: expected a section with keys such as source, path, categories (found 'builtin')"),
        (
            "{backchannel_phrases: {user: right}}",
            "backchannel_phrases.user: expected a section of names and their values (found 'right')",
        ),
        (
            "{backchannel_phrases: {user: {en: Right.}}}",
            "backchannel_phrases.user.en: expected a list, as [Right.] (found 'Right.')",
        ),
        (
            "{backchannel_phrases: {user: {en: {first: Right.}}}}",
            "backchannel_phrases.user.en: expected a list",
        ),
    ],
)
def test_a_value_in_the_place_of_a_section_or_list_is_told_with_what_to_write(text: str, expected: str) -> None:
    assert told(text) == expected


def test_what_may_be_an_address_with_a_key_is_not_repeated() -> None:
    secret = "http://user:secret@host"
    assert told(f"{{timing: '{secret}'}}") == "timing: expected a section"
    assert told(f"{{backchannel_phrases: {{user: {{en: '{secret}'}}}}}}") == (
        "backchannel_phrases.user.en: expected a list"
    )
