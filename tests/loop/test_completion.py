"""Spans that a model completes: text after speech, speech after text."""

import numpy as np
import pytest
import torch

from stages.streams.vocabulary import EOS, EOT, SOS, SOT
from tests.loop.tiny_models import TWO_CODEBOOKS, VOCABULARY, tiny_model, token_map
from training.loop.completion import complete
from training.loop.sampling import Sampling

GREEDY = Sampling(temperature=0)
HOT = Sampling(temperature=2.0)
PROMPTS = [np.array(ids, np.int32) for ids in ([0, 7, 14], [21], [0, 7, 14, 21, 28, 35])]


def spans(span, sampling=HOT, vocabulary=VOCABULARY, prompts=PROMPTS, most=(40, 30, 20), seeds=(1, 2, 3), model=None):
    tokens = token_map(vocabulary)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    return complete(
        model or tiny_model(tokens), tokens, prompts, span, most[: len(prompts)], sampling, rngs, lambda _: None
    )


def test_a_text_span_holds_text_that_the_model_knows():
    found = spans(SOT)

    assert set(np.concatenate(found).tolist()) <= set(range(0, 280, 7))
    assert [len(ids) <= most for ids, most in zip(found, (40, 30, 20), strict=True)] == [True] * 3


def test_a_speech_span_holds_units():
    found = np.concatenate(spans(SOS))

    assert len(found)
    assert all(VOCABULARY.is_unit(token) for token in found.tolist())


def test_a_speech_span_of_several_codebooks_holds_whole_frames():
    for ids in spans(SOS, vocabulary=TWO_CODEBOOKS, most=(40, 41, 40)):
        units = ids - TWO_CODEBOOKS.unit_offset
        assert len(units) % 2 == 0
        assert np.array_equal(units // TWO_CODEBOOKS.codebook_size, np.arange(len(units)) % 2)


@pytest.mark.parametrize(("span", "closing"), [(SOT, EOT), (SOS, EOS)])
def test_a_span_ends_where_the_model_closes_it(span, closing):
    tokens = token_map()
    model = tiny_model(tokens)
    model.lm_head.weight = torch.nn.Parameter(torch.zeros_like(model.lm_head.weight))
    hidden = model.model(torch.tensor([[tokens.special(span)]])).last_hidden_state[0, -1].detach()
    model.lm_head.weight.data[tokens.special(closing)] = hidden

    (found,) = spans(span, GREEDY, prompts=[np.zeros(0, np.int32)], seeds=(1,), model=model)

    assert len(found) == 0


@pytest.mark.parametrize("sampling", [GREEDY, HOT], ids=["greedy", "hot"])
def test_a_batch_completes_what_each_would_alone(sampling):
    together = spans(SOS, sampling)
    for place, ids in enumerate(together):
        (alone,) = spans(
            SOS, sampling, prompts=PROMPTS[place : place + 1], most=((40, 30, 20)[place],), seeds=(place + 1,)
        )
        assert np.array_equal(alone, ids)


def test_greedy_completion_is_the_likeliest_of_a_full_recomputation():
    tokens = token_map()
    (found,) = spans(SOT, GREEDY, prompts=PROMPTS[:1], seeds=(1,))
    ids = [*tokens.to_model(PROMPTS[0]).tolist(), tokens.special(SOT)]
    model = tiny_model(tokens)
    for token in tokens.to_model(found).tolist():
        with torch.inference_mode():
            logits = model(torch.tensor([ids])).logits[0, -1]
        allowed = [*range(40), tokens.special(EOT)]
        assert allowed[int(logits[allowed].argmax())] == token
        ids.append(token)
