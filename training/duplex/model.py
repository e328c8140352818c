"""The model: an unmodified Qwen2 causal LM, with random weights or from a checkpoint whose vocabulary is extended."""

from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from manifests.digests import file_sha256
from manifests.errors import BuildError
from stages.streams.vocabulary import Ids, Vocabulary
from training.duplex.config import PretrainedModel, ScratchModel
from training.duplex.token_map import FILE_NAME as TOKEN_MAP
from training.duplex.token_map import TokenMap

MAX_POSITIONS = 32_768
"""Qwen2's; rotary positions have no weights, so a small model loses nothing by it."""

QWEN2_TEXT = "qwen2 "
"""How identities of Qwen2's own text tokenizer begin (`stages.streams.text_tokenizer.qwen2_identity`)."""


def new_model(config: ScratchModel, vocabulary_size: int, seed: int) -> Qwen2ForCausalLM:
    """Return a model with random weights in float32; the same seed gives the same weights.

    Input and output embeddings are one matrix, as in Qwen2-0.5B.
    """
    torch.manual_seed(seed)
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=vocabulary_size,
            hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.key_value_heads,
            max_position_embeddings=MAX_POSITIONS,
            tie_word_embeddings=True,
        )
    )


def pretrained_model(
    config: PretrainedModel, vocabulary: Vocabulary, seed: int, place: str
) -> tuple[Qwen2ForCausalLM, TokenMap]:
    """Return a checkpoint's model in float32, with an embedding for every id, and the map of its ids.

    A checkpoint of this trainer's comes back as it is; `add_text_ids` is for what it lacks. Any other Qwen2 keeps the
    embeddings of its text ids; those of specials and units are drawn around the mean of the text's, so that no new
    token is likely by itself.

    Args:
        config: names the checkpoint.
        vocabulary: of the corpus.
        seed: of the new embeddings.
        place: where `vocabulary` was read, for errors.

    Raises:
        BuildError: it is not available, is not a Qwen2, or was trained with a different vocabulary from the corpus's.
    """
    folder = _folder(config)
    model = read_model(folder)
    if (folder / TOKEN_MAP).exists():
        token_map = TokenMap.read(folder)
        token_map.check(vocabulary, place)
        return model, token_map
    _check_text(model.config.vocab_size, folder, vocabulary, place)
    torch.manual_seed(seed)
    model.resize_token_embeddings(vocabulary.text_size)
    model.resize_token_embeddings(vocabulary.size, mean_resizing=True)
    return model, TokenMap(vocabulary)


def add_text_ids(model: Qwen2ForCausalLM, token_map: TokenMap, used: Ids, seed: int) -> TokenMap:
    """Give a model whose map is reduced an embedding for each text id of another corpus that it lacks.

    What it has keeps its embedding, at another place where new ids stand before it. The new ones are drawn around the
    mean of the others of the text.

    Args:
        model: is changed.
        token_map: of its ids as they are; where it has all text ids, nothing is to be done.
        used: text ids of the corpus, rising.
        seed: of the new embeddings.

    Returns:
        The map of its ids as they are then.
    """
    if token_map.text_ids is None or not len(lacking := np.setdiff1d(used, token_map.text_ids)):
        return token_map
    wider = TokenMap(token_map.vocabulary, np.union1d(token_map.text_ids, lacking).astype(np.int32))
    known = model.model.embed_tokens.weight.detach().clone()
    torch.manual_seed(seed)
    model.resize_token_embeddings(len(token_map.text_ids))
    model.resize_token_embeddings(len(token_map.text_ids) + len(lacking), mean_resizing=True)
    drawn = model.model.embed_tokens.weight.detach()[-len(lacking) :].clone()
    model.resize_token_embeddings(wider.size, mean_resizing=False)
    # Behind the text ids follow `unknown`, specials and units, in both.
    kept = np.concatenate([wider.to_model(token_map.text_ids), np.arange(wider.text_size - 1, wider.size)])
    with torch.no_grad():
        model.model.embed_tokens.weight[torch.from_numpy(kept)] = known
        model.model.embed_tokens.weight[torch.from_numpy(wider.to_model(lacking)).long()] = drawn
    return wider


def read_model(folder: Path) -> Qwen2ForCausalLM:
    """Return the model in a folder in float32; reads only safetensors and runs no code from the checkpoint.

    Raises:
        BuildError: the folder doesn't exist, doesn't hold a Qwen2, or has damaged weights.
    """
    try:
        model_type = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False).model_type
        if model_type != "qwen2":
            raise BuildError(f"{folder} holds a {model_type!r} model; build-corpus trains only qwen2")
        model: PreTrainedModel = Qwen2ForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
    except BuildError:
        raise
    except Exception as error:  # transformers and safetensors raise their own kinds for every fault of a file
        raise BuildError(
            f"{folder}: the checkpoint can't be read ({error}); it needs config.json and model.safetensors, both intact"
        ) from error
    assert isinstance(model, Qwen2ForCausalLM)
    return model


def _check_text(known: int, folder: Path, vocabulary: Vocabulary, place: str) -> None:
    """Refuse a checkpoint whose text ids are not the corpus's, as far as the files tell."""
    tokenizer = folder / "tokenizer.json"
    if vocabulary.text_tokenizer.startswith(QWEN2_TEXT):
        fits = known >= vocabulary.text_size
    else:
        fits = tokenizer.is_file() and vocabulary.text_tokenizer.endswith(file_sha256(tokenizer)[:16])
    if not fits:
        raise BuildError(
            f"{place}: text ids are of {vocabulary.text_tokenizer!r} ({vocabulary.text_size} of them), but the "
            f"checkpoint {folder} has {known} of another tokenizer; build the corpus with the checkpoint's tokenizer "
            "(streams.text_tokenizer), or train with model.kind: scratch"
        )


def _folder(config: PretrainedModel) -> Path:
    """Return the checkpoint's folder, fetched if it is on the Hub; a full commit can't move as a branch could."""
    if config.path is not None:
        folder = Path(config.path)
        if not (folder / "config.json").is_file():
            raise BuildError(f"model.path: no checkpoint in {folder}; give a folder with config.json")
        return folder
    from huggingface_hub import snapshot_download

    try:
        fetched = snapshot_download(
            str(config.hub), revision=config.revision, allow_patterns=["*.json", "*.safetensors"]
        )
    except (OSError, ValueError) as error:
        raise BuildError(
            f"model.hub: {config.hub} at {config.revision} can't be fetched: {error}; check hub and revision, or give "
            "a local copy as path"
        ) from error
    return Path(fetched)
