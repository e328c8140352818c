"""YAML that a person writes: keys that are taken in from elsewhere, and keys that stand twice."""

from pathlib import Path

import pytest

from manifests.errors import BuildError
from manifests.yaml_mapping import read_mapping


def read(folder: Path, text: str) -> dict[str, object]:
    file = folder / "some.yaml"
    file.write_text(text)
    return read_mapping(file, "file", "write one", "a, b")


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a: &base {x: 1, y: 2}\nb: {<<: *base, y: 3}", {"x": 1, "y": 3}),
        ("a: &base {x: 1}\nb: {y: 2, <<: *base}", {"x": 1, "y": 2}),
        ("a: [&one {x: 1, y: 1}, &two {y: 2, z: 2}]\nb: {<<: [*one, *two], z: 3}", {"x": 1, "y": 1, "z": 3}),
        ("c: {d: {a: &base {<<: {x: 0, y: 2}, x: 1}}}\nb: {<<: *base}", {"x": 1, "y": 2}),
    ],
)
def test_keys_that_are_taken_in_may_be_overridden(tmp_path: Path, text: str, taken: dict[str, int]) -> None:
    assert read(tmp_path, text)["b"] == taken


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("a: 1\na: 2", "'a'"),
        ("a: {1: x, 0x1: y}", "1"),
        ("a: &base {x: 1}\nb: {<<: *base, y: 1, y: 2}", "'y'"),
        ("a: &base {x: 1, x: 2}\nb: {<<: *base}", "'x'"),
        ("a: &base {x: 1}\nb: {<<: *base, <<: *base}", "'<<'"),
    ],
)
def test_a_key_that_stands_twice_in_one_mapping_is_refused(tmp_path: Path, text: str, twice: str) -> None:
    with pytest.raises(BuildError, match=f"some.yaml: not valid YAML: the key {twice} appears twice"):
        read(tmp_path, text)


def test_only_mappings_are_taken_in(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="expected a mapping or list of mappings for merging"):
        read(tmp_path, "a: {<<: 5}")


@pytest.mark.parametrize("text", ["a: [SECRET", "a: 'SECRET", "a: SECRET: b", "a: 1\n- SECRET", "a: {b: SECRET"])
def test_an_error_of_syntax_tells_the_place_but_not_the_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(BuildError, match=r"some.yaml: not valid YAML: .*\(line \d, column \d+\)") as raised:
        read(tmp_path, text)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("day", ["2024-02-03", "2024-02-30"])
def test_a_date_is_text(tmp_path: Path, day: str) -> None:
    assert read(tmp_path, f"name: {day}") == {"name": day}


@pytest.mark.parametrize("value", ["!!int SECRET", "!!float SECRET", "!!bool SECRET", "9" * 5000])
def test_a_value_that_its_type_does_not_hold_is_an_error_of_its_place(tmp_path: Path, value: str) -> None:
    with pytest.raises(
        BuildError, match=r"some.yaml: not valid YAML: not a value of type \w+ \(line 1, column 4\)"
    ) as told:
        read(tmp_path, f"a: {value}")
    assert "SECRET" not in str(told.value)


def test_what_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"some.yaml: not valid YAML: nested too deeply"):
        read(tmp_path, "a: " + 600 * "[")
