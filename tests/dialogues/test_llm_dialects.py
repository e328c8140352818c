"""Endpoints that want to be asked in another way, or answer with more than JSON."""

import json

import pytest
from pydantic import ValidationError

from manifests.records import Dialogue
from stages.dialogues import DialoguesConfig
from tests.dialogues.endpoint_runs import MemoryCache, config, good, run
from tests.dialogues.fake_endpoint import Reply, serve


@pytest.mark.parametrize(
    "wrapped",
    [
        "```json\n{}\n```",
        "Sure, here it is:\n```\n{}\n```\nEnjoy!",
        "<think>They want {{braces}}.</think>\n\n{}",
        "It should be short.</think>```json\n{}\n```",
    ],
)
def test_thoughts_and_fences_around_an_answer_are_no_fault(wrapped: str):
    with serve(lambda request: Reply(wrapped.format(good(request).content))) as endpoint:
        (dialogue,) = run(config(endpoint.base_url))
    assert isinstance(dialogue, Dialogue)


def asked_of(**llm: object) -> dict:
    with serve(good) as endpoint:
        (dialogue,) = run(config(endpoint.base_url, llm=llm))
    assert isinstance(dialogue, Dialogue)
    return endpoint.requests[0]


def test_an_endpoint_without_schemas_reads_them_in_the_prompt():
    as_schema, as_object, as_text = (asked_of(answers=answers) for answers in ("json_schema", "json_object", "text"))
    assert as_schema["response_format"]["type"] == "json_schema"
    assert as_object["response_format"] == {"type": "json_object"}
    assert "response_format" not in as_text
    schema = json.dumps(as_schema["response_format"]["json_schema"]["schema"])
    for request in (as_object, as_text):
        assert request["messages"][:-1] == as_schema["messages"][:-1]
        last = as_schema["messages"][-1]["content"]
        assert request["messages"][-1]["content"] == f"{last}\n\nThe schema of the JSON: {schema}"


def test_a_reasoning_model_gets_a_bound_of_all_its_tokens_and_no_sampling():
    usual, reasoning = asked_of(max_tokens=5000), asked_of(max_tokens=5000, reasoning=True)
    assert usual["max_tokens"] == reasoning["max_completion_tokens"] == 5000
    assert {"temperature", "top_p", "seed", "max_tokens"} <= usual.keys()
    assert not {"temperature", "top_p", "seed", "max_tokens"} & reasoning.keys()


def test_answers_to_one_way_of_asking_are_none_to_another():
    cache = MemoryCache()
    with serve(good) as endpoint:
        for llm in ({}, {"reasoning": True}, {"answers": "text"}, {}):
            run(config(endpoint.base_url, llm=llm), 1, cache)
    assert len(endpoint.requests) == 3


def test_the_embedded_model_is_asked_in_one_way():
    with pytest.raises(ValidationError, match="answers, reasoning: not available with provider local"):
        DialoguesConfig.model_validate({"llm": {"answers": "text", "reasoning": True}})
