"""What a dialogue should be about: a drawn topic with its points, a persona, a mood and a setting."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from manifests.errors import BuildError
from manifests.problems import describe_problems
from manifests.storage_faults import storage_faults
from manifests.strict_model import StrictModel
from manifests.yaml_mapping import parse_mapping
from stages.dialogues.config import DialoguesConfig, Language
from stages.dialogues.source_file import open_source_file

Text = Annotated[str, Field(min_length=1)]


class Topic(StrictModel):
    """Something a user wants, and what there is to say about it: what the user asks -> what the assistant answers."""

    wish: Text
    points: dict[Text, Text] = Field(min_length=3)


class ScenarioBook(StrictModel):
    """The topics, personas, moods and settings that scenarios of one language are drawn from."""

    language: Language
    personas: list[Text] = Field(min_length=1)
    moods: list[Text] = Field(min_length=1)
    settings: list[Text] = Field(min_length=1)
    topics: list[Topic] = Field(min_length=1)

    @property
    def fewest_points(self) -> int:
        """The smallest number of points that a topic has."""
        return min(len(topic.points) for topic in self.topics)

    def combinations(self, points: int) -> int:
        """Return how many different scenarios with this many points can be drawn."""
        orders = sum(math.perm(len(topic.points), min(points, len(topic.points))) for topic in self.topics)
        return orders * len(self.personas) * len(self.moods) * len(self.settings)


@dataclass(frozen=True)
class Point:
    """One thing to talk about; both in words that a sentence can be made of ("how long it takes": "one hour")."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Scenario:
    """A drawn scenario; its points are in the order in which they are discussed."""

    wish: str
    points: tuple[Point, ...]
    persona: str
    mood: str
    setting: str

    def describe(self) -> str:
        """Return the scenario in one line, for the record."""
        asked = "; ".join(point.ask for point in self.points)
        return f"{self.persona}, {self.mood}, {self.setting}: {self.wish} ({asked})"


def scenario_file(config: DialoguesConfig) -> str:
    """Return the file that a config's scenarios are drawn from, a local path or an fsspec URL."""
    return config.scenarios or str(files("stages.dialogues") / "data" / f"scenarios_{config.language}.yaml")


def scenario_book(config: DialoguesConfig) -> ScenarioBook:
    """Return the scenarios that a config's dialogues are drawn from, read once a process.

    Raises:
        BuildError: the file doesn't exist, has no scenarios, or is in a different language from the dialogues.
        OSError: the file's storage can't be reached now.
    """
    file = scenario_file(config)
    book = _read(file)
    if book.language != config.language:
        raise BuildError(f"{file}: language is {book.language}, but dialogues.language is {config.language}")
    return book


@cache
def _read(file: str) -> ScenarioBook:
    with open_source_file("dialogues.scenarios", file) as opened, storage_faults(file):
        content = parse_mapping(opened.read(), file, ", ".join(ScenarioBook.model_fields))
    try:
        return ScenarioBook.model_validate(content)
    except ValidationError as error:
        raise BuildError(f"{file}:\n{describe_problems(error, ScenarioBook)}") from error


def draw_scenario(book: ScenarioBook, points: int, rng: np.random.Generator) -> Scenario:
    """Draw a scenario with this many points, or as many as its topic has."""
    topic = book.topics[int(rng.integers(len(book.topics)))]
    stock = [Point(ask, answer) for ask, answer in topic.points.items()]
    order = rng.permutation(len(stock))[:points]
    return Scenario(
        wish=topic.wish,
        points=tuple(stock[int(i)] for i in order),
        persona=str(rng.choice(book.personas)),
        mood=str(rng.choice(book.moods)),
        setting=str(rng.choice(book.settings)),
    )
