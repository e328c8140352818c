"""Dialogues written through an OpenAI-compatible endpoint, well behaved or not."""

import json
import socket
import threading
import time

import pytest

from manifests.errors import BuildError
from manifests.records import Dialogue, Reject
from stages.dialogues import DialogueStage
from tests.dialogues.endpoint_runs import SPEECH, MemoryCache, config, good, run, slots, wanted_exchanges
from tests.dialogues.fake_endpoint import Reply, serve


def test_a_good_answer_becomes_a_dialogue_of_the_wanted_shape():
    with serve(good) as endpoint:
        results = run(config(endpoint.base_url), 12)
    assert [each.slot.index for each in results] == list(range(12))
    for dialogue in results:
        assert [turn.role for turn in dialogue.turns] == ["user", "assistant"] * (len(dialogue.turns) // 2)
        assert 4 <= len(dialogue.turns) <= 10
        assert dialogue.source == "llm:big"
        assert dialogue.scenario
    assert sum(any(turn.interrupts for turn in each.turns) for each in results) == 3
    assert {len(each.turns) for each in results} > {4}


def test_only_a_later_user_turn_interrupts():
    with serve(good) as endpoint:
        results = run(config(endpoint.base_url, interruption_share=1.0), 10)
    for dialogue in results:
        marked = [i for i, turn in enumerate(dialogue.turns) if turn.interrupts]
        assert len(marked) == 1
        assert marked[0] % 2 == 0
        assert marked[0] >= 2


def test_the_model_is_told_of_the_interruption():
    with serve(good) as endpoint:
        run(config(endpoint.base_url, interruption_share=1.0))
    assert "interrupts" in endpoint.requests[0]["messages"][-1]["content"]


def test_a_second_run_makes_no_call_and_gives_the_same():
    cache = MemoryCache()
    with serve(good) as endpoint:
        first = run(config(endpoint.base_url), 5, cache)
        calls = len(endpoint.requests)
        second = run(config(endpoint.base_url), 5, cache)
        assert len(endpoint.requests) == calls == 5
    assert first == second


def test_a_dialogue_does_not_depend_on_the_others():
    with serve(good) as endpoint:
        together = run(config(endpoint.base_url), 4)
        stage = DialogueStage(config(endpoint.base_url), 7, MemoryCache())
        alone = list(stage.process(slots(4)[3:]))
        stage.close()
    assert alone == together[3:]


def test_results_come_in_the_order_of_the_slots_whatever_answers_first():
    def slow_first(request: dict) -> Reply:
        reply = good(request)
        reply.wait_s = 0.2 if len(endpoint.requests) == 1 else 0.0
        return reply

    with serve(slow_first) as endpoint:
        results = run(config(endpoint.base_url), 6)
    assert [each.slot.index for each in results] == list(range(6))


def test_a_slow_call_holds_no_other_up():
    all_asked = threading.Event()

    def slow_first(request: dict) -> Reply:
        if len(endpoint.requests) == 20:
            all_asked.set()
        if request is endpoint.requests[0] and not all_asked.wait(10):
            return Reply(status=500)
        return good(request)

    with serve(slow_first) as endpoint:
        results = run(config(endpoint.base_url, llm={"concurrency": 2}), 20)
    assert [type(each) for each in results] == [Dialogue] * 20


REFUSED_ANSWERS = {
    "prose": ("Sure! Here is your dialogue: User: hi.", "not_json"),
    "truncated": ('{"exchanges": [{"user": "Hello, could', "cut_off"),
    "truncated between strings": ('{"exchanges": [{"user": ', "cut_off"),
    "truncated inside its fence": ('```json\n{"exchanges": [', "cut_off"),
    "empty": ("", "cut_off"),
    "thoughts alone": ("<think>The user wants a dialogue. First", "cut_off"),
    "nested too deeply": ("[" * 100_000, "not_json"),
    "another shape": ('{"turns": []}', "wrong_shape"),
    "a list": ("[1, 2]", "wrong_shape"),
    "a number for a turn": ('{"exchanges": [{"user": 3, "assistant": "x"}]}', "wrong_shape"),
    "too few exchanges": ('{"exchanges": []}', "wrong_length"),
}


@pytest.mark.parametrize("name", REFUSED_ANSWERS)
def test_an_unusable_answer_is_kept_as_a_reject_and_asked_for_again(name: str):
    content, reason = REFUSED_ANSWERS[name]

    def answer(request: dict) -> Reply:
        return Reply(content) if len(endpoint.requests) == 1 else good(request)

    with serve(answer) as endpoint:
        refused, dialogue = run(config(endpoint.base_url))
    assert (refused.reason, refused.content, refused.final) == (reason, content, False)
    assert isinstance(dialogue, Dialogue)


def test_empty_turns_are_refused():
    def answer(request: dict) -> Reply:
        return Reply(json.dumps({"exchanges": [{"user": " ", "assistant": "..."}] * wanted_exchanges(request)}))

    with serve(answer) as endpoint:
        results = run(config(endpoint.base_url))
    assert [each.reason for each in results] == ["no_words"] * 3 + ["attempts_exhausted"]
    assert [each.final for each in results] == [False] * 3 + [True]


def test_what_cannot_be_spoken_is_asked_for_again():
    def answer(request: dict) -> Reply:
        reply = good(request)
        if len(endpoint.requests) == 1:
            reply.content = reply.content.replace("when the museum opens", "if I have to press 5# at the door")
        return reply

    with serve(answer) as endpoint:
        refused, dialogue = run(config(endpoint.base_url))
    assert (refused.reason, refused.final) == ("unspeakable", False)
    assert isinstance(dialogue, Dialogue)


def test_each_attempt_asks_with_another_seed():
    with serve(lambda request: Reply("no")) as endpoint:
        run(config(endpoint.base_url))
    assert len({request["seed"] for request in endpoint.requests}) == 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_retried_by_the_client(status: int):
    def answer(request: dict) -> Reply:
        return Reply(status=status) if len(endpoint.requests) == 1 else good(request)

    with serve(answer) as endpoint:
        results = run(config(endpoint.base_url, llm={"max_retries": 1}))
    assert [type(each) for each in results] == [Dialogue]
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("status", [500, 504])
def test_a_lasting_fault_rejects_the_dialogue(status: int):
    with serve(lambda request: Reply(status=status)) as endpoint:
        results = run(config(endpoint.base_url))
    assert [(each.reason, each.detail) for each in results] == [("endpoint_error", f"HTTP {status}")]
    assert len(endpoint.requests) == 1


def test_an_answer_that_is_no_completion_rejects_the_dialogue():
    with serve(lambda request: Reply(body=b"<html>maintenance</html>")) as endpoint:
        results = run(config(endpoint.base_url))
    assert [(each.reason, each.final) for each in results] == [("endpoint_error", True)]


UPSTREAM = {"message": "upstream overloaded; the key was sk-secret", "code": 502}
FAULTS_WITH_HTTP_200 = {
    "an error": {"error": UPSTREAM},
    "an error beside what was written until then": {"choices": [{"message": {"content": "{"}}], "error": UPSTREAM},
    "an error in the choice": {"choices": [{"message": {"content": "{"}, "error": UPSTREAM}]},
    "no choices": {"id": "x"},
    "null for choices": {"choices": None},
    "an empty list of choices": {"choices": []},
    "a choice without a message": {"choices": [{"index": 0}]},
    "content in parts": {"choices": [{"message": {"content": [{"type": "text", "text": "{}"}]}}]},
    "half an emoji": {"choices": [{"message": {"content": '{"said": "\ud83d"}'}}]},
    "a list": [],
}


@pytest.mark.parametrize("name", FAULTS_WITH_HTTP_200)
def test_a_fault_that_comes_as_http_200_is_no_answer_and_is_not_kept(name: str):
    body = json.dumps(FAULTS_WITH_HTTP_200[name]).encode()

    def answer(request: dict) -> Reply:
        return Reply(body=body) if len(endpoint.requests) == 1 else good(request)

    cache = MemoryCache()
    with serve(answer) as endpoint:
        (lost,) = run(config(endpoint.base_url), 1, cache)
        assert not cache
        (again,) = run(config(endpoint.base_url), 1, cache)
    assert (lost.reason, lost.final) == ("endpoint_error", True)
    assert "sk-secret" not in repr(lost)
    assert isinstance(again, Dialogue)


@pytest.mark.parametrize("status", [500, 504])
def test_a_fault_of_the_endpoint_never_changes_what_a_dialogue_says(status: int):
    """One that is lost to a fault is, asked for again, the one that was to be."""

    def bad_day(request: dict) -> Reply:
        return Reply(status=status) if len(endpoint.requests) == 2 else good(request)

    cache = MemoryCache()
    with serve(bad_day) as endpoint:
        settings = config(endpoint.base_url, llm={"concurrency": 1})
        lost = run(settings, 4, cache)
        again = run(settings, 4, cache)
        assert len(endpoint.requests) == 5
        undisturbed = run(settings, 4)
    assert [type(each) for each in lost] == [Dialogue, Reject, Dialogue, Dialogue]
    assert again == undisturbed


def test_an_answer_out_of_the_cache_is_no_sign_of_a_server():
    cache = MemoryCache()
    with serve(good) as endpoint:
        run(config(endpoint.base_url), 1, cache)
    with pytest.raises(BuildError, match=f"{endpoint.base_url} can't be reached"):
        run(config(endpoint.base_url), 2, cache)


@pytest.mark.parametrize(("status", "way_out"), [(401, "key"), (404, "llm.model")])
def test_what_no_call_can_mend_stops_the_run_at_once(status: int, way_out: str):
    with serve(lambda request: Reply(status=status)) as endpoint:
        with pytest.raises(BuildError, match=f"{status}.*{way_out}") as caught:
            run(config(endpoint.base_url, llm={"concurrency": 1, "max_retries": 3}), 20)
        assert len(endpoint.requests) == 1
    assert endpoint.base_url in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_a_connection_that_breaks_off_costs_its_dialogue_alone():
    def answer(request: dict) -> Reply:
        return Reply(breaks_off=True) if len(endpoint.requests) == 1 else good(request)

    with serve(answer) as endpoint:
        lost, dialogue = run(config(endpoint.base_url, llm={"concurrency": 1}), 2)
    assert (lost.reason, lost.final) == ("endpoint_error", True)
    assert "no whole answer" in lost.detail
    assert isinstance(dialogue, Dialogue)


def test_no_credentials_of_other_hosts_are_sent(monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "for-another-host")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: for-another-host\nX-Gateway-Key: for-another-host")
    monkeypatch.setenv("MY_KEY", "for-this-host")
    with serve(good) as endpoint:
        run(config(endpoint.base_url))
        run(config(endpoint.base_url, llm={"api_key_env": "MY_KEY"}))
    assert endpoint.keys == ["Bearer none", "Bearer for-this-host"]
    assert "for-another-host" not in str(endpoint.headers)


def test_an_endpoint_writes_exchange_by_exchange_with_all_its_tokens_and_no_settings_of_the_embedded_model():
    with serve(lambda request: Reply(status=401)) as endpoint, pytest.raises(BuildError):
        run(config(endpoint.base_url, llm={"mode": "exchanges", "max_tokens": 5000}))
    (request,) = endpoint.requests
    assert request["max_tokens"] == 5000
    assert "min_p" not in request


def test_a_refused_connection_stops_the_run_and_names_the_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(BuildError, match=base_url):
        run(config(base_url))


def test_a_stopped_run_does_not_wait_for_the_calls_that_have_not_begun():
    def answer(request: dict) -> Reply:
        return Reply(status=401, wait_s=0.05)

    begun = time.monotonic()
    with serve(answer) as endpoint:
        with pytest.raises(BuildError):
            run(config(endpoint.base_url, llm={"concurrency": 2}), 400)
        assert len(endpoint.requests) < 20
    assert time.monotonic() - begun < 5


def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(BuildError, match="MY_KEY"):
        run(config("http://127.0.0.1:9/v1", llm={"api_key_env": "MY_KEY"}))


@pytest.mark.parametrize("key", ["sk-sécret", "sk-\nsecret"])
def test_what_can_be_no_key_stops_the_run_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("MY_KEY", key)
    with pytest.raises(
        BuildError, match=r"llm\.api_key_env names \$MY_KEY, whose value can't go into an HTTP header"
    ) as caught:
        run(config("http://127.0.0.1:9/v1", llm={"api_key_env": "MY_KEY"}))
    assert "sk-" not in str(caught.value)


def test_the_line_break_of_a_mounted_secret_is_not_part_of_the_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", "sk-first\n")
    with serve(good) as endpoint:
        run(config(endpoint.base_url, llm={"api_key_env": "MY_KEY"}), 1)
    assert endpoint.keys == ["Bearer sk-first"]


def test_nobody_listening_is_told_by_its_kind(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(BuildError, match=r"127\.0\.0\.1:9/v1 can't be reached \(ConnectionRefusedError\); start"):
        run(config("http://127.0.0.1:9/v1"))


def test_the_key_goes_to_the_endpoint_and_nowhere_else(monkeypatch: pytest.MonkeyPatch):
    cache = MemoryCache()
    with serve(good) as endpoint:
        monkeypatch.setenv("MY_KEY", "sk-first")
        first = run(config(endpoint.base_url, llm={"api_key_env": "MY_KEY"}), 1, cache)
        assert endpoint.keys == ["Bearer sk-first"]
        monkeypatch.setenv("MY_KEY", "sk-second")
        second = run(config(endpoint.base_url, llm={"api_key_env": "MY_KEY"}), 1, cache)
        assert len(endpoint.requests) == 1, "another key, the same answer"
    assert "sk-first" not in repr((first, second, cache))


def listening(request: dict, after: str = "") -> Reply:
    pairs = SPEECH[: wanted_exchanges(request)]
    exchanges = [{"user": u, "assistant": a, "backchannels": []} for u, a in pairs]
    words = after or " ".join(pairs[0][1].split()[:2])
    exchanges[0]["backchannels"] = [{"in": "assistant", "after": words, "says": "mm-hm"}]
    return Reply(json.dumps({"exchanges": exchanges}))


def test_the_script_marks_what_the_listener_says_where_the_config_asks_for_it():
    with serve(listening) as endpoint:
        (dialogue,) = run(config(endpoint.base_url, backchannel_share=1.0))
    (request,) = endpoint.requests
    exchange = request["response_format"]["json_schema"]["schema"]["properties"]["exchanges"]["items"]
    assert "backchannels" in exchange["required"]
    assert "listener" in request["messages"][1]["content"]
    (mark,) = dialogue.turns[1].backchannels
    assert mark.text == "mm-hm"
    assert dialogue.turns[1].text[: mark.after].split() == dialogue.turns[1].text.split()[:2]


def test_a_mark_that_stands_nowhere_is_asked_for_again():
    with serve(lambda request: listening(request, "words that nobody says")) as endpoint:
        *refused, lost = run(config(endpoint.base_url, backchannel_share=1.0))
    assert {reject.reason for reject in refused} == {"mark_nowhere"}
    assert lost.reason == "attempts_exhausted"


def test_without_a_share_nobody_is_asked_for_marks():
    with serve(good) as endpoint:
        run(config(endpoint.base_url))
    assert "backchannels" not in json.dumps(endpoint.requests)
