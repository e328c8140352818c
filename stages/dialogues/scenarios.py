"""What a dialogue is to be about: a drawn topic with its points, a persona, a mood and a setting."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from pydantic import Field

from manifests.strict_model import StrictModel
from stages.dialogues.config import Language


class Topic(StrictModel):
    """Something a user wants, and what there is to say about it: what the user asks -> what the assistant answers."""

    wish: str
    points: dict[str, str] = Field(min_length=3)


class ScenarioBook(StrictModel):
    """The stock from which the scenarios of one language are drawn."""

    language: Language
    personas: list[str]
    moods: list[str]
    settings: list[str]
    topics: list[Topic]

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
    """A drawn scenario; its points stand in the order in which they are talked about."""

    wish: str
    points: tuple[Point, ...]
    persona: str
    mood: str
    setting: str

    def describe(self) -> str:
        """Return the scenario in one line, for the record."""
        asked = "; ".join(point.ask for point in self.points)
        return f"{self.persona}, {self.mood}, {self.setting}: {self.wish} ({asked})"


@cache
def scenario_book(language: Language) -> ScenarioBook:
    """Return the scenarios of a language, from the package's data."""
    text = files("stages.dialogues").joinpath(f"data/scenarios_{language}.yaml").read_text(encoding="utf-8")
    return ScenarioBook.model_validate(yaml.safe_load(text))


def draw_scenario(book: ScenarioBook, points: int, random: np.random.Generator) -> Scenario:
    """Draw a scenario with this many points, or as many as its topic has."""
    topic = book.topics[int(random.integers(len(book.topics)))]
    stock = [Point(ask, answer) for ask, answer in topic.points.items()]
    order = random.permutation(len(stock))[:points]
    return Scenario(
        wish=topic.wish,
        points=tuple(stock[int(i)] for i in order),
        persona=str(random.choice(book.personas)),
        mood=str(random.choice(book.moods)),
        setting=str(random.choice(book.settings)),
    )
