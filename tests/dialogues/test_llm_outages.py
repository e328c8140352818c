"""What is an outage of an endpoint, what is one request's fault, and what is every request's."""

import time

import pytest

from manifests.errors import BuildError
from manifests.records import Dialogue
from stages.dialogues import DialogueStage
from tests.dialogues.endpoint_runs import MemoryCache, config, good, run, slots
from tests.dialogues.fake_endpoint import Reply, serve


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Call it and ten minutes have passed."""
    clock = time.monotonic

    def pass_on() -> None:
        monkeypatch.setattr("stages.server_health.time.monotonic", lambda: clock() + 600)

    return pass_on


@pytest.mark.parametrize("struck", [1, 2])
@pytest.mark.parametrize("status", [429, 502, 503])
def test_an_outage_loses_no_dialogue_and_pays_nothing_twice(status: int, struck: int):
    def bad_day(request: dict) -> Reply:
        return Reply(status=status) if len(endpoint.requests) == struck else good(request)

    cache = MemoryCache()
    with serve(bad_day) as endpoint:
        settings = config(endpoint.base_url, llm={"concurrency": 1})
        with pytest.raises(ConnectionError, match=f"{endpoint.base_url} answered HTTP {status}") as told:
            run(settings, 4, cache)
        again = run(settings, 4, cache)
        assert len(endpoint.requests) == 5
        undisturbed = run(settings, 4)
    assert "sk-secret" not in str(told.value)
    assert again == undisturbed


def test_a_server_that_stops_after_an_answer_is_an_outage_too():
    cache = MemoryCache()
    with serve(good) as endpoint:
        stage = DialogueStage(config(endpoint.base_url), 7, cache)
        first = list(stage.process(slots(1)))
    with pytest.raises(ConnectionError, match=f"{endpoint.base_url} can't be reached"):
        list(stage.process(slots(2)))
    assert list(stage.process(slots(1))) == first
    stage.close()


def test_an_outage_that_lasts_stops_the_run(later):
    def bad_day(request: dict) -> Reply:
        return good(request) if len(endpoint.requests) == 2 else Reply(status=503)

    with serve(bad_day) as endpoint:
        stage = DialogueStage(config(endpoint.base_url, llm={"concurrency": 1}), 7, MemoryCache())
        for _ in range(2):
            with pytest.raises(ConnectionError):
                list(stage.process(slots(2)))
        later()
        said = (
            rf"{endpoint.base_url} answered HTTP 503; no call has been answered for 10 minutes\. Check that it is .*"
            "then run the same command to resume"
        )
        with pytest.raises(BuildError, match=said):
            list(stage.process(slots(2)))
        stage.close()


def test_an_endpoint_that_hangs_is_an_outage():
    said = "fails: no answer within 0.1 s"
    with serve(lambda _: Reply("late", wait_s=0.4)) as endpoint, pytest.raises(ConnectionError, match=said):
        run(config(endpoint.base_url, llm={"timeout_s": 0.1}))


def test_a_request_that_takes_too_long_while_others_are_answered_loses_its_dialogue_alone():
    def slow_first(request: dict) -> Reply:
        reply = good(request)
        reply.wait_s = 1.0 if request is endpoint.requests[0] else 0.0
        return reply

    with serve(slow_first) as endpoint:
        results = run(config(endpoint.base_url, llm={"timeout_s": 0.5, "concurrency": 2}), 6)
    assert [each.reason for each in results if not isinstance(each, Dialogue)] == ["endpoint_error"]
    assert len(results) == 6


def test_a_request_that_takes_too_long_again_and_again_alone_is_lost_in_the_end_and_stops_nothing(later):
    with serve(lambda request: Reply("late", wait_s=0.4)) as endpoint:
        stage = DialogueStage(config(endpoint.base_url, llm={"timeout_s": 0.1}), 7, MemoryCache())
        with pytest.raises(ConnectionError):
            list(stage.process(slots(1)))
        later()
        (lost,) = stage.process(slots(1))
        stage.close()
    assert (lost.reason, lost.detail) == ("endpoint_error", "no answer within 0.1 s")


def test_an_endpoint_that_fails_request_after_request_is_out(later):
    with serve(lambda request: Reply(status=500)) as endpoint:
        stage = DialogueStage(config(endpoint.base_url, llm={"concurrency": 1}), 7, MemoryCache())
        with pytest.raises(ConnectionError, match=f"{endpoint.base_url} fails: HTTP 500"):
            list(stage.process(slots(9)))
        assert len(endpoint.requests) == 5
        later()
        with pytest.raises(BuildError, match=r"fails: HTTP 500; no call has been answered for 10 minutes"):
            list(stage.process(slots(9)))
        stage.close()


@pytest.mark.parametrize("refused", [1, 3])
@pytest.mark.parametrize("status", [400, 403, 413, 422])
def test_a_refused_request_loses_its_dialogue_alone_even_the_first(status: int, refused: int):
    def filtered(request: dict) -> Reply:
        return Reply(status=status) if len(endpoint.requests) == refused else good(request)

    with serve(filtered) as endpoint:
        results = run(config(endpoint.base_url, llm={"concurrency": 1, "max_retries": 3}), 4)
        assert len(endpoint.requests) == 4
    lost = results.pop(refused - 1)
    assert (lost.reason, lost.final) == ("endpoint_refused", True)
    assert lost.detail.startswith(f"HTTP {status}; if other requests are refused too: ")
    assert [type(each) for each in results] == [Dialogue] * 3


@pytest.mark.parametrize("answered", [0, 2])
@pytest.mark.parametrize(
    ("status", "way_out"),
    [(400, "llm.answers: json_object"), (403, "key"), (413, "documentation"), (422, "llm.answers: json_object")],
)
def test_an_endpoint_that_refuses_request_after_request_stops_the_run(status: int, way_out: str, answered: int):
    def refuse(request: dict) -> Reply:
        return good(request) if len(endpoint.requests) <= answered else Reply(status=status)

    with serve(refuse) as endpoint:
        said = f"{endpoint.base_url} answered HTTP {status} to request after request: .*{way_out}"
        with pytest.raises(BuildError, match=said) as caught:
            run(config(endpoint.base_url, llm={"concurrency": 1}), 20)
        assert len(endpoint.requests) == answered + 5
    assert "sk-secret" not in str(caught.value)


def test_one_request_that_is_refused_again_and_again_is_not_all_of_them():
    with serve(lambda request: Reply(status=400)) as endpoint:
        stage = DialogueStage(config(endpoint.base_url), 7, MemoryCache())
        reasons = {reject.reason for _ in range(9) for reject in stage.process(slots(1))}
        stage.close()
    assert reasons == {"endpoint_refused"}


def test_refusals_that_come_faster_than_answers_stop_nothing_while_there_are_calls_under_way():
    def filtered(request: dict) -> Reply:
        reply = good(request)
        reply.wait_s = 0.5
        return Reply(status=400, wait_s=0.1) if any(request is each for each in endpoint.requests[:5]) else reply

    with serve(filtered) as endpoint:
        results = run(config(endpoint.base_url, llm={"concurrency": 8}), 20)
    assert sum(isinstance(each, Dialogue) for each in results) == 15


def test_an_endpoint_that_refuses_every_request_of_many_at_once_is_found_out_before_they_are_all_lost():
    said = "HTTP 400 to request after request"
    with serve(lambda _: Reply(status=400)) as endpoint, pytest.raises(BuildError, match=said):
        run(config(endpoint.base_url, llm={"concurrency": 16}), 16)
