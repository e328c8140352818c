"""What is listed of a config: each key once, with type, bounds, default and meaning."""

from typing import Annotated, Literal

from pydantic import Field

from manifests.config_keys import ConfigKey, config_keys
from manifests.strict_model import StrictModel, Supplier


class Range(StrictModel):
    """From the lowest to the highest."""

    lowest: float = Field(ge=0, lt=1, description="no less")


class Made(StrictModel):
    """Made here.

    At once.
    """

    kind: Literal["made"]
    names: tuple[str, ...] = Field(default=("a", "b"), description="whose")


class Read(StrictModel):
    """Read from a file."""

    kind: Literal["read"] = "read"
    path: str | None = Field(default=None, min_length=1, description="which")


class Config(StrictModel):
    """All of it."""

    source: Annotated[Made | Read, Field(discriminator="kind")] = Field(default=Read(path="x"), description="of it")
    loud: Range
    quiet: Range = Field(default=Range(lowest=0.5), description="the other")
    items: list[Read] = Field(default=[], description="more")
    steps: int | None = Field(default=None, gt=2, description="so many")
    by_name: dict[Literal["a", "b"], bool] = Field(default={"a": True}, description="which are on")


KEYS = {(key.path, key.type): key for key in config_keys(Config)}


def key(path: str, kind: str) -> ConfigKey:
    return KEYS[path, kind]


def test_keys_stand_in_the_order_of_the_models_and_below_their_sections() -> None:
    assert [path for path, _ in KEYS] == [
        "source",
        "source.kind",
        "source.names",
        "source.kind",
        "source.path",
        "loud",
        "loud.lowest",
        "quiet",
        "items",
        "items[].kind",
        "items[].path",
        "steps",
        "by_name",
    ]


def test_a_kind_of_a_section_is_chosen_by_its_key_whatever_the_model_has_as_default() -> None:
    assert key("source", "section").default == "{path: x}"
    assert key("source.kind", "made") == ConfigKey("source.kind", "made", None, "Made here. At once.", True)
    assert key("source.kind", "read").default is None
    assert key("items[].kind", "read").default == "read"


def test_types_tell_bounds_and_defaults_are_yaml() -> None:
    assert key("loud.lowest", "number >= 0, < 1").default is None
    assert key("source.names", "list of text").default == "[a, b]"
    assert key("steps", "integer > 2 or null").default == "null"
    assert key("by_name", "mapping of a | b to true or false").default == "{a: true}"


def test_a_section_without_a_description_has_its_models_and_keys_are_listed_once() -> None:
    assert key("loud", "section").description == "From the lowest to the highest."
    assert key("quiet", "section, keys as in loud") == ConfigKey(
        "quiet", "section, keys as in loud", "{lowest: 0.5}", "the other", False
    )


class Book(StrictModel):
    """Chapters, or a book that has them."""

    supplier = Supplier("title", "of a book")

    chapter: Range
    pages: int = 1
    origin: Annotated[Made | Read, Field(discriminator="kind")]


class Shelf(StrictModel):
    """One book."""

    book: Book


def test_a_key_that_supplies_the_others_comes_first_and_their_default_is_its_own() -> None:
    listed = [(key.path, key.default) for key in config_keys(Shelf)]
    assert listed == [
        ("book", None),
        ("book.title", None),
        ("book.chapter", "the title's"),
        ("book.chapter.lowest", "the title's"),
        ("book.pages", "1"),
        ("book.origin", "the title's"),
        ("book.origin.kind", None),
        ("book.origin.names", "[a, b]"),
        ("book.origin.kind", None),
        ("book.origin.path", "null"),
    ]
