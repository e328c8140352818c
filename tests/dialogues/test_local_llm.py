"""The embedded model, for real: it writes a dialogue, and the same request gives the same answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from manifests.records import Dialogue, Reject, Slot
from stages.dialogues import DialoguesConfig, DialogueStage
from stages.dialogues.config import WRITING
from stages.llm import chat
from stages.llm.answers import ChatRequest, Message, Sampling
from stages.llm.config import LlmConfig
from tests.dialogues.fake_endpoint import Endpoint, Reply, serve

SEED = 7
ROOT = Path(__file__).parents[2]


class MemoryCache(dict):
    def put(self, key: str, answer: bytes) -> None:
        self[key] = answer


def write(indices: list[int]) -> tuple[list[Dialogue | Reject], dict[str, bytes]]:
    settings = DialoguesConfig.model_validate({"turns": {"min": 4, "max": 4}})
    cache = MemoryCache()
    stage = DialogueStage(settings, SEED, cache)
    try:
        return list(stage.process([Slot(i, f"d{i}", "train") for i in indices])), cache
    finally:
        stage.close()


@pytest.fixture(scope="module")
def written() -> tuple[list[Dialogue | Reject], dict[str, bytes]]:
    return write([0, 1, 0])


def test_it_writes_a_dialogue_of_short_turns(written):
    dialogue = next(each for each in written[0] if isinstance(each, Dialogue))
    assert len(dialogue.turns) == 4
    assert all(2 <= len(turn.text.split()) <= 45 for turn in dialogue.turns)
    assert dialogue.turns[0].text.endswith("?")


def test_an_answer_does_not_depend_on_what_was_asked_before_nor_on_the_process(written):
    program = (
        "import json, tests.dialogues.test_local_llm as this; "
        "print(json.dumps({key: answer.decode() for key, answer in this.write([1])[1].items()}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    alone = json.loads(done.stdout)
    assert alone, "the other process asked nothing"
    assert {key: written[1][key].decode() for key in alone} == alone
    assert done.stderr == "", "the engine writes nothing to the terminal"


def test_a_busy_machine_is_no_fault_of_the_dialogue_even_while_its_prompt_is_read(monkeypatch: pytest.MonkeyPatch):
    class Embedded(Endpoint):
        def close(self) -> None:
            pass

    request = ChatRequest((Message("user", "Hello?"),), Sampling(0.4, 0.9, 100, 1), {})
    with serve(lambda _: Reply("late", wait_s=0.5)) as slow:
        monkeypatch.setattr(chat, "LocalServer", lambda threads: Embedded(slow.base_url))
        asking = chat.Chat(LlmConfig(timeout_s=0.05, max_retries=0), MemoryCache(), WRITING)
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            asking.ask(request)
        asking.close()
    assert [asked.get("n_predict") for asked in slow.requests] == [0]


def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch):
    class Embedded(Endpoint):
        def close(self) -> None:
            pass

    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    request = ChatRequest((Message("user", "Hello?"),), Sampling(0.4, 0.9, 100, 1), {})
    with serve(lambda _: Reply("from the model")) as model, serve(lambda _: Reply("from the proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url.removesuffix("/v1"))
        monkeypatch.setattr(chat, "LocalServer", lambda threads: Embedded(model.base_url))
        asking = chat.Chat(LlmConfig(), MemoryCache(), WRITING)
        answer = asking.ask(request)
        asking.close()
    assert answer == "from the model"
    assert proxy.requests == []
