"""The full-duplex generator: what it may say, that caching and batching change nothing, that the seed decides."""

import numpy as np
import pytest
import torch

from stages.streams.flatten import SILENCE, unflatten_three_stream, unflatten_two_stream
from tests.loop.tiny_models import TWO_CODEBOOKS, VOCABULARY, random_chunks, tiny_model, token_map
from training.loop.duplex_model import DuplexModel, windowed
from training.loop.layout import ChunkLayout, layout_of
from training.loop.sampling import Sampling, choose
from training.loop.window_cache import WindowCache

GREEDY = Sampling(temperature=0)
HOT = Sampling(temperature=1.5, top_k=30, top_p=0.95)


def duplex_model(sampling=HOT, window=50, vocabulary=VOCABULARY, config="three_stream", known=40):
    tokens = token_map(vocabulary, known)
    return DuplexModel(tiny_model(tokens), tokens, layout_of(vocabulary, config, 2), sampling, window)


def rngs(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def speak(model, past, user, seeds):
    """The chunks of some conversations, user's and all, after their pasts."""
    open_ones = model.converse(rngs(*seeds))
    open_ones.read(past)
    said = [(heard, open_ones.step(heard)) for heard in user]
    return np.stack([np.hstack([heard, spoken.text, spoken.units]) for heard, spoken in said], axis=1)


def user_units(vocabulary, chunks, conversations=1, seed=9):
    units = round(vocabulary.rate_hz / 2.5)
    grids = [random_chunks(vocabulary, chunks, seed=seed + row)[:, :units] for row in range(conversations)]
    return np.stack(grids, axis=1)


def test_a_chunk_holds_400_ms_of_the_vocabularys_units():
    assert layout_of(VOCABULARY, "three_stream", 2) == ChunkLayout(10, 2)
    assert layout_of(VOCABULARY, "two_stream", 2) == ChunkLayout(10, 0)
    assert layout_of(VOCABULARY, "three_stream", 2).width == 22
    assert layout_of(TWO_CODEBOOKS, "two_stream", 2).frames == 5
    assert layout_of(TWO_CODEBOOKS, "two_stream", 2).frames_hz == 12.5


@pytest.mark.parametrize("known", [40, None])
def test_every_slot_holds_what_its_stream_may_hold(known):
    model = duplex_model(known=known)
    (chunks,) = speak(model, [random_chunks(VOCABULARY, 3)], user_units(VOCABULARY, 20), [1])

    streams = unflatten_three_stream(chunks.reshape(-1), VOCABULARY, 10, 2)

    assert len(set(streams.text.tolist())) > 5
    assert known is None or set(streams.text.tolist()) <= {SILENCE, *range(0, 280, 7)}
    assert len(set(streams.assistant.tolist())) > 5


def test_frames_of_several_codebooks_are_whole_and_in_order():
    model = duplex_model(vocabulary=TWO_CODEBOOKS, config="two_stream")
    (chunks,) = speak(model, [random_chunks(TWO_CODEBOOKS, 3, text=0)], user_units(TWO_CODEBOOKS, 30), [1])
    speaking = chunks[:, 10:].copy()
    speaking[5] = TWO_CODEBOOKS.special("silent_speech_token")

    unflatten_two_stream(np.hstack([chunks[:, :10], speaking]).reshape(-1), TWO_CODEBOOKS, 10)


def test_an_unlikely_silence_spares_no_codebook_of_its_frame():
    model = duplex_model(vocabulary=TWO_CODEBOOKS, config="two_stream")
    silent = model.tokens.special("silent_speech_token")
    with torch.no_grad():
        model.network.lm_head.weight[silent] = 0
        model.network.model.embed_tokens.weight[silent] = 0
    (chunks,) = speak(model, [random_chunks(TWO_CODEBOOKS, 0, text=0)], user_units(TWO_CODEBOOKS, 40), [3])
    frames = (chunks[:, 10:] == TWO_CODEBOOKS.special("silent_speech_token")).reshape(-1, 2)

    assert frames.any()
    assert np.array_equal(frames[:, 0], frames[:, 1])


@pytest.mark.parametrize("window", [3, 50])
def test_cached_decoding_is_full_recomputation(window):
    model = duplex_model(GREEDY, window)
    network, tokens = model.network, model.tokens
    ids = torch.from_numpy(tokens.to_model(random_chunks(VOCABULARY, 12).reshape(-1)).astype(np.int64))[None]
    cache = WindowCache(network.config)
    with torch.inference_mode():
        whole = network(input_ids=ids).logits
        pieces = [ids[:, :100], *ids[:, 100:].split([10, 1, 1, 30, *[1] * 20, 102], dim=1)]
        cached = torch.cat([network(input_ids=piece, past_key_values=cache).logits for piece in pieces], dim=1)

    assert torch.allclose(whole, cached, atol=1e-4)
    assert cache.tokens <= window * 22


def test_the_cache_of_a_long_window_grows_with_what_it_holds():
    cache = WindowCache(windowed(tiny_model(duplex_model(GREEDY, 50).tokens), 8184).config)
    for kept, length in ((10, 20), (20, 20), (21, 42), (8184, 16368), (9000, 16368)):
        added = torch.zeros(1, 2, kept - cache.layers[0].cumulative_length, 8)
        cache.layers[0].update(added, added)
        assert cache.layers[0]._keys.shape[-2] == length


@pytest.mark.parametrize("window", [3, 50])
def test_generated_chunks_are_what_full_recomputation_would_choose(window):
    model = duplex_model(GREEDY, window)
    past = random_chunks(VOCABULARY, 5)
    (chunks,) = speak(model, [past], user_units(VOCABULARY, 6), [0])
    tokens, corpus = model.tokens, np.concatenate([past, chunks]).reshape(-1)
    ids = torch.from_numpy(tokens.to_model(corpus).astype(np.int64))[None]
    with torch.inference_mode():
        logits = windowed(tiny_model(tokens), window * 22)(input_ids=ids).logits[0]

    low, high = tokens.special("silent_speech_token"), tokens.size
    for position in range(5 * 22, len(corpus)):
        if position % 22 >= 12:
            assert int(logits[position - 1, low:high].argmax()) + low == int(ids[0, position])


def test_the_window_bounds_what_is_remembered():
    model = duplex_model(GREEDY, window=4)
    conversation = model.converse(rngs(0))
    for heard in user_units(VOCABULARY, 12):
        conversation.step(heard)

    assert conversation.cached_tokens == 4 * 22 - 1


def test_what_left_the_window_of_one_layer_is_forgotten():
    tokens = token_map()
    model = DuplexModel(tiny_model(tokens, layers=1), tokens, layout_of(VOCABULARY, "three_stream", 2), GREEDY, 2)
    recent, user = random_chunks(VOCABULARY, 3), user_units(VOCABULARY, 4)
    with_past = np.concatenate([random_chunks(VOCABULARY, 9, seed=5), recent])

    assert np.array_equal(speak(model, [recent], user, [0]), speak(model, [with_past], user, [0]))


def test_the_same_seed_says_the_same_and_another_something_else():
    model = duplex_model()
    past, user = [random_chunks(VOCABULARY, 3)], user_units(VOCABULARY, 5)

    assert np.array_equal(speak(model, past, user, [1]), speak(model, past, user, [1]))
    assert not np.array_equal(speak(model, past, user, [1]), speak(model, past, user, [2]))


@pytest.mark.parametrize("window", [4, 50])
@pytest.mark.parametrize("sampling", [GREEDY, HOT], ids=["greedy", "hot"])
def test_a_batch_says_what_each_says_alone(sampling, window):
    model = duplex_model(sampling, window)
    pasts = [random_chunks(VOCABULARY, chunks, seed=chunks) for chunks in (7, 0, 3)]
    user = user_units(VOCABULARY, 6, conversations=3)

    together = speak(model, pasts, user, [1, 2, 3])
    alone = [speak(model, [past], user[:, [row]], [row + 1])[0] for row, past in enumerate(pasts)]

    assert np.array_equal(together, np.stack(alone))


def test_the_trained_model_is_left_as_it_is():
    tokens = token_map()
    network = tiny_model(tokens)
    DuplexModel(network, tokens, layout_of(VOCABULARY, "three_stream", 2), GREEDY, 3)

    assert not network.config.use_sliding_window
    assert set(network.config.layer_types) == {"full_attention"}


def test_a_past_behind_what_was_said_is_refused():
    conversation = duplex_model().converse(rngs(0))
    conversation.step(user_units(VOCABULARY, 1)[0])

    with pytest.raises(ValueError, match="before anything is said"):
        conversation.read([random_chunks(VOCABULARY, 1)])


LOGITS = torch.log(torch.tensor([[0.1, 0.4, 0.2, 0.3]]))


@pytest.mark.parametrize(
    ("sampling", "shares"),
    [
        (Sampling(), [0.1, 0.4, 0.2, 0.3]),
        (GREEDY, [0, 1, 0, 0]),
        (Sampling(top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.65), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.75), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Sampling(temperature=0.5), [1 / 30, 16 / 30, 4 / 30, 9 / 30]),
    ],
    ids=str,
)
def test_draws_follow_the_probabilities_that_are_left(sampling, shares):
    draws = (torch.arange(3000, dtype=torch.float64) + 0.5) / 3000
    chosen = choose(LOGITS.expand(3000, 4), sampling, draws)

    assert torch.bincount(chosen, minlength=4).div(3000).tolist() == pytest.approx(shares, abs=0.002)


@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-300, 1e-45, 1e-38, 1e-30])
def test_the_lowest_temperatures_take_the_likeliest_that_may_be(temperature):
    logits = torch.tensor([[-torch.inf, 20.0, 60.0, -30.0]]).expand(3, 4)
    draws = torch.tensor([0.0, 0.5, 1.0 - 1e-16], dtype=torch.float64)

    assert choose(logits, Sampling(temperature), draws).tolist() == [2, 2, 2]


def test_the_highest_temperature_draws_evenly_among_those_that_may_be():
    logits = torch.tensor([[-torch.inf, 20.0, 60.0, -torch.inf]]).expand(2, 4)
    chosen = choose(logits, Sampling(1.7e308), torch.tensor([0.25, 0.75], dtype=torch.float64))

    assert sorted(chosen.tolist()) == [1, 2]


def test_what_has_no_probability_is_never_drawn():
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf]]).expand(2, 3)

    assert choose(logits, Sampling(), torch.tensor([0.0, 1.0 - 1e-16], dtype=torch.float64)).tolist() == [1, 1]
