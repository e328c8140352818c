"""Runs of the dialogue stage against a fake endpoint that writes well."""

import json
import re

from manifests.records import Dialogue, Reject, Slot
from stages.dialogues import DialoguesConfig, DialogueStage
from tests.dialogues.fake_endpoint import Reply

SPEECH = (
    ("Hello, could you tell me when the museum opens?", "It opens at nine in the morning, and it closes at six."),
    ("What does a ticket for a child cost?", "Children pay nothing at all, so just walk right in with them."),
    ("Are we allowed to take photos inside?", "Yes, as long as you leave the flash of your camera off."),
    ("Which room would you show a friend?", "My favourite is the long hall with the old wooden ships."),
    ("Thanks a lot, that was very useful!", "You are welcome, enjoy your afternoon at the museum."),
)


class MemoryCache(dict):
    def put(self, key: str, answer: bytes) -> None:
        self[key] = answer


def slots(count: int) -> list[Slot]:
    return [Slot(i, f"dialogue-{i:06d}", "train") for i in range(count)]


def config(base_url: str, **changes) -> DialoguesConfig:
    llm = {"provider": "openai", "model": "big", "base_url": base_url, "api_key_env": None, "max_retries": 0}
    llm |= changes.pop("llm", {})
    return DialoguesConfig.model_validate({"max_attempts": 3, "llm": llm, **changes})


def run(settings: DialoguesConfig, count: int = 1, cache: MemoryCache | None = None) -> list[Dialogue | Reject]:
    stage = DialogueStage(settings, 7, MemoryCache() if cache is None else cache)
    try:
        return list(stage.process(slots(count)))
    finally:
        stage.close()


def wanted_exchanges(request: dict) -> int:
    wanted = re.search(r"Write exactly (\d+) exchanges", request["messages"][-1]["content"])
    assert wanted is not None
    return int(wanted[1])


def good(request: dict) -> Reply:
    pairs = SPEECH[: wanted_exchanges(request)]
    return Reply(json.dumps({"exchanges": [{"user": u, "assistant": a} for u, a in pairs]}))
