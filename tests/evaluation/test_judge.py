"""Answers are judged over the OpenAI protocol; an endpoint that fails is counted or named, never guessed."""

import json
import re

import pytest
from rich.console import Console

from commands.judge import judge_config
from manifests.errors import BuildError
from tests.dialogues.fake_endpoint import Reply, serve
from tests.evaluation.held_out import write_corpus, write_model
from training.evaluation.evaluate import evaluate
from training.evaluation.judge import Answer, Scale, judge, judged
from training.evaluation.subject import Options

QUIET = Console(quiet=True)
PAID_NO_MORE = Reply(status=402, wait_s=0.2)
ANSWERS = [Answer("d", (("user", "What is the time?"),), text) for text in ("It is noon.", "Blue.", "")]


def verdict(score, reason="because"):
    return Reply(json.dumps({"reason": reason, "score": score}))


def by_length(request):
    return verdict(8 if "It is noon." in request["messages"][-1]["content"] else 2)


def settings(endpoint, **changes):
    return judge_config(endpoint.base_url, "big", None).model_copy(update={"max_retries": 0, **changes})


def test_each_answer_gets_the_judges_score():
    with serve(by_length) as endpoint:
        verdicts = judge(settings(endpoint), ANSWERS, lambda _: None).given

    assert [one.score for one in verdicts] == [8, 2, 2]
    assert (judged(verdicts).answers, judged(verdicts).failed, judged(verdicts).mean) == (3, 0, 4)


def test_the_judge_reads_the_conversation_and_the_answer():
    with serve(by_length) as endpoint:
        judge(settings(endpoint, concurrency=1), ANSWERS, lambda _: None)

    first, _, last = (request["messages"][-1]["content"] for request in endpoint.requests)
    assert "user: What is the time?" in first
    assert first.endswith("It is noon.")
    assert last.endswith("(nothing)")
    assert all(request["temperature"] == 0 for request in endpoint.requests)


@pytest.mark.parametrize(("score", "given"), [(0, 0), (5, 5), (6, None)])
def test_another_scale_has_its_own_question_and_bounds(score, given):
    scale = Scale("Rate it from 0 to 5.", 0, 5)
    with serve(lambda _: verdict(score)) as endpoint:
        (found,) = judge(settings(endpoint), ANSWERS[:1], lambda _: None, scale).given

    assert found.score == given
    assert endpoint.requests[0]["messages"][0]["content"] == "Rate it from 0 to 5."


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("good!"), "unreadable_verdict: good!"),
        (Reply("[" * 100_000), "unreadable_verdict: " + "[" * 200),
        (verdict(11), "score_out_of_range: 11 is not a whole number from 1 to 10"),
        (verdict("8"), "score_out_of_range: '8'"),
        (Reply(status=500), "endpoint_error: HTTP 500"),
    ],
    ids=["no JSON", "nested too deeply", "too high", "a string", "server error"],
)
def test_an_answer_without_a_score_is_counted_and_not_guessed(reply, reason):
    with serve(lambda _: reply) as endpoint:
        verdicts = judge(settings(endpoint), ANSWERS[:1], lambda _: None).given

    assert verdicts[0].score is None
    assert verdicts[0].reason.startswith(reason)
    assert (judged(verdicts).failed, judged(verdicts).mean) == (1, None)


def test_a_judge_that_thinks_first_is_asked_without_a_temperature():
    with serve(lambda _: verdict(7)) as endpoint:
        asked = judge_config(endpoint.base_url, "big", None, answers="text", reasoning=True)
        (found,) = judge(asked, ANSWERS[:1], lambda _: None).given

    assert found.score == 7
    assert not {"temperature", "response_format"} & endpoint.requests[0].keys()


def test_an_endpoint_that_refuses_is_named_without_its_words():
    with serve(lambda _: Reply(status=404)) as endpoint:
        found = judge(settings(endpoint), ANSWERS[:1], lambda _: None)

    assert not found.given
    assert re.search(
        r"1 of 1 answers have no verdict: .* HTTP 404: check --judge and --judge-model \('big'\)", found.missing
    )
    assert "sk-secret" not in found.missing


def test_an_endpoint_where_nobody_listens_is_named():
    nowhere = judge_config("http://127.0.0.1:9/v1", "big", None).model_copy(update={"max_retries": 0})

    assert "can't be reached" in judge(nowhere, ANSWERS, print).missing


@pytest.mark.parametrize("status", [402, 503])
def test_verdicts_that_were_given_are_kept_where_the_endpoint_refuses_the_rest_or_is_down(status):
    answers = [Answer("d", (("user", "Count."),), str(number)) for number in range(8)]
    replies = iter([verdict(8), verdict(2)])
    no_more = Reply(status=status, wait_s=0.2)
    told = []
    with serve(lambda _: next(replies, no_more)) as endpoint:
        found = judge(settings(endpoint, concurrency=1), answers, told.append)

    assert [(one.answer.text, one.score) for one in found.given] == [("0", 8), ("1", 2)]
    assert found.missing.startswith("6 of 8 answers have no verdict: ")
    assert f"HTTP {status}" in found.missing
    assert len(told) == 2
    assert len(endpoint.requests) < 8


@pytest.mark.parametrize(
    ("url", "model", "expected"),
    [("http://localhost/v1", "", "--judge needs --judge-model"), ("localhost", "big", r"not an http\(s\) address")],
)
def test_a_judge_that_is_not_told_whole_is_refused(url, model, expected):
    with pytest.raises(BuildError, match=expected):
        judge_config(url, model, None)


@pytest.mark.parametrize("model", ["", "big"])
def test_a_key_in_the_judges_address_is_not_repeated(model):
    with pytest.raises(BuildError) as told:
        judge_config("https://me:SECRET@host/v1", model, None)
    assert "SECRET" not in str(told.value)


def test_a_key_that_is_not_there_is_missed_before_anything_is_measured(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(BuildError, match=r"--judge-key-env names \$NO_SUCH_KEY, which is not set"):
        judge_config("http://localhost/v1", "big", "NO_SUCH_KEY")


def test_what_was_measured_is_not_lost_to_a_judge_that_refuses(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    checkpoint = write_model(tmp_path / "model", corpus)
    with serve(lambda _: Reply(status=401)) as endpoint:
        options = Options(parts=("losses",), judge=settings(endpoint))
        found = evaluate(QUIET, checkpoint, str(corpus), options, tmp_path / "out")

    assert found.losses
    assert found.judged is None
    assert "HTTP 401" in found.left_out["verdicts on the model"]
    assert "HTTP 401" in (tmp_path / "out" / "evaluation.md").read_text()


def test_verdicts_of_a_judge_that_fails_late_are_written_and_the_rest_is_told_of(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    checkpoint = write_model(tmp_path / "model", corpus)
    replies = iter([verdict(5), verdict(7)])
    with serve(lambda _: next(replies, PAID_NO_MORE)) as endpoint:
        options = Options(parts=(), judge=settings(endpoint, concurrency=1))
        found = evaluate(QUIET, checkpoint, str(corpus), options, tmp_path / "out")

    assert {whose: (one.answers, one.mean) for whose, one in found.judged.items()} == {"model": (2, 6)}
    assert found.left_out["verdicts on the model"].startswith("2 of 4 answers have no verdict: ")
    assert found.left_out["verdicts on the corpus itself"].startswith("4 of 4 answers have no verdict: ")
    assert len((tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()) == 2


def test_the_models_answers_and_the_corpuss_own_are_judged(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    checkpoint = write_model(tmp_path / "model", corpus)
    with serve(lambda _: verdict(5)) as endpoint:
        options = Options(parts=(), judge=settings(endpoint))
        found = evaluate(QUIET, checkpoint, str(corpus), options, tmp_path / "out")

    assert {whose: (one.answers, one.mean) for whose, one in found.judged.items()} == {
        "model": (4, 5),
        "corpus itself": (4, 5),
    }
    lines = [json.loads(line) for line in (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()]
    assert len(lines) == 8
    assert lines[-1]["answer"]["text"] == "w7 w14 w21"
    assert [role for role, _ in lines[0]["answer"]["conversation"]] == ["user", "assistant", "user"]
    assert "| corpus itself | 4 | 5.00 | 0 |" in (tmp_path / "out" / "evaluation.md").read_text()
