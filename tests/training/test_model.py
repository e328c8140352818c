"""Models from nothing and from checkpoints."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from manifests.errors import BuildError
from tests.training.small_models import SCRATCH, VOCABULARY, save_base
from training.duplex.checkpoint import load_checkpoint, write_checkpoint
from training.duplex.config import PretrainedModel
from training.duplex.model import add_text_ids, new_model, pretrained_model
from training.duplex.token_map import TokenMap

PLACE = "corpus/vocabulary.json"


def from_folder(folder: Path) -> PretrainedModel:
    return PretrainedModel(kind="pretrained", path=str(folder))


def test_the_same_seed_gives_the_same_weights() -> None:
    one, same, other = (new_model(SCRATCH, 50, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_a_pretrained_model_keeps_its_text_embeddings_and_gets_one_for_every_new_id(tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(save_base(tmp_path)).model.embed_tokens.weight
    model, token_map = pretrained_model(from_folder(tmp_path), VOCABULARY, 0, PLACE)
    embeddings = model.model.embed_tokens.weight
    assert embeddings.shape == (VOCABULARY.size, 16)
    assert token_map.size == VOCABULARY.size == model.config.vocab_size
    assert torch.equal(embeddings[: VOCABULARY.text_size], base[: VOCABULARY.text_size])
    new = embeddings[VOCABULARY.text_size :]
    assert torch.allclose(new, base[: VOCABULARY.text_size].mean(0).expand_as(new), atol=1e-3)
    assert model.lm_head.weight is embeddings


def test_a_checkpoint_comes_back_with_its_map_and_facts(tmp_path: Path) -> None:
    token_map = TokenMap(VOCABULARY, np.array([1, 5], np.int32))
    model = new_model(SCRATCH, token_map.size, 3)
    write_checkpoint(tmp_path / "final", model, token_map, "card", {"stage": "alignment"})
    read, read_map, facts = load_checkpoint(tmp_path / "final")
    assert facts == {"stage": "alignment"}
    assert read_map.size == token_map.size
    assert all(torch.equal(weight, read.state_dict()[name]) for name, weight in model.state_dict().items())
    again, again_map = pretrained_model(from_folder(tmp_path / "final"), VOCABULARY, 0, PLACE)
    assert again_map.size == again.config.vocab_size == token_map.size


def test_a_model_of_another_corpus_gets_the_text_ids_it_lacks_and_reads_the_others_as_before() -> None:
    had = TokenMap(VOCABULARY, np.array([1, 5], np.int32))
    given, used = new_model(SCRATCH, had.size, 3), np.array([0, 5, 7], np.int32)
    models = [copy.deepcopy(given) for _ in range(2)]
    wider, again = (add_text_ids(model, had, used, 0) for model in models)
    model = models[0]
    assert wider.text_ids is not None
    assert wider.text_ids.tolist() == [0, 1, 5, 7]
    assert wider.size == again.size == model.config.vocab_size == had.size + 2
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert torch.equal(model.lm_head.weight, models[1].lm_head.weight)
    corpus_ids = np.array([5, 1, *range(VOCABULARY.text_size, VOCABULARY.size)], np.int32)
    before, after = (torch.from_numpy(ids.to_model(corpus_ids)).long()[None] for ids in (had, wider))
    logits = given(before).logits
    assert torch.allclose(model(after).logits[..., after[0]], logits[..., before[0]], atol=1e-5)
    text = given.model.embed_tokens.weight[:2]
    new = model.model.embed_tokens.weight[torch.tensor([0, 3])]
    assert torch.allclose(new, text.mean(0).expand_as(new), atol=1e-3)


def test_a_model_that_knows_the_corpus_stays_as_it_is() -> None:
    for had in (TokenMap(VOCABULARY, np.array([1, 5], np.int32)), TokenMap(VOCABULARY)):
        model = new_model(SCRATCH, had.size, 3)
        weights = model.lm_head.weight.clone()
        assert add_text_ids(model, had, np.array([5], np.int32), 0) is had
        assert torch.equal(model.lm_head.weight, weights)


def test_from_pretrained_reads_a_checkpoint(tmp_path: Path) -> None:
    model = new_model(SCRATCH, VOCABULARY.size, 3)
    write_checkpoint(tmp_path / "final", model, TokenMap(VOCABULARY), "card", {})
    read = AutoModelForCausalLM.from_pretrained(tmp_path / "final")
    ids = torch.arange(20)[None]
    assert torch.equal(read(ids).logits, model(ids).logits)


def test_a_checkpoint_of_another_vocabulary_is_refused_with_both_values(tmp_path: Path) -> None:
    token_map = TokenMap(VOCABULARY)
    write_checkpoint(tmp_path / "final", new_model(SCRATCH, token_map.size, 3), token_map, "card", {})
    with pytest.raises(BuildError, match=r"units is 32, but the checkpoint was trained with 16"):
        pretrained_model(from_folder(tmp_path / "final"), replace(VOCABULARY, units=32), 0, PLACE)


def test_a_base_checkpoint_with_fewer_text_ids_is_refused(tmp_path: Path) -> None:
    save_base(tmp_path, vocab_size=30)
    with pytest.raises(BuildError, match=r"\(40 of them\), but the checkpoint .* has 30 of another tokenizer"):
        pretrained_model(from_folder(tmp_path), VOCABULARY, 0, PLACE)


def test_a_base_checkpoint_is_no_match_for_another_text_tokenizer(tmp_path: Path) -> None:
    save_base(tmp_path)
    with pytest.raises(BuildError, match=r"of 'file mine.json 00'.*streams.text_tokenizer"):
        pretrained_model(from_folder(tmp_path), replace(VOCABULARY, text_tokenizer="file mine.json 00"), 0, PLACE)


def test_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    GPT2LMHeadModel(GPT2Config(vocab_size=48, n_embd=8, n_layer=1, n_head=1)).save_pretrained(tmp_path)
    with pytest.raises(BuildError, match="a 'gpt2' model"):
        pretrained_model(from_folder(tmp_path), VOCABULARY, 0, PLACE)


def test_a_truncated_checkpoint_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "final"
    write_checkpoint(folder, new_model(SCRATCH, 100, 3), TokenMap(VOCABULARY), "card", {})
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(BuildError, match=r"model.safetensors: \d+ bytes, but \d+ bytes were written"):
        load_checkpoint(folder)


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"model.path: no checkpoint in .*nowhere"):
        pretrained_model(from_folder(tmp_path / "nowhere"), VOCABULARY, 0, PLACE)
