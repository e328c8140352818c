"""Small checkpoints with random weights, saved as the released ones are; and sound to feed them."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from transformers import EncodecConfig, EncodecModel, MimiConfig, MimiModel

from stages.units.codecs.s3 import MODEL_NAMES, s3tokenizer_package

MIMI = {
    "hidden_size": 32,
    "num_filters": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "codebook_dim": 16,
    "codebook_size": 64,
    "vector_quantization_hidden_dimension": 16,
    "num_quantizers": 4,
    "upsample_groups": 32,
    "layer_scale_initial_scale": 1.0,
}
ENCODEC = {
    "hidden_size": 16,
    "num_filters": 4,
    "codebook_dim": 16,
    "codebook_size": 64,
    "num_lstm_layers": 1,
    "target_bandwidths": [0.9, 1.8],  # kbit/s: two and four codebooks of 6 bits at 75 Hz
}


def save_mimi(folder: Path, **changes: object) -> Path:
    """Save a Mimi of 4 codebooks of 64 codes."""
    torch.manual_seed(0)
    model = MimiModel(MimiConfig(**{**MIMI, **changes}))
    with torch.inference_mode():
        heard = model.encoder(_second(model)).latents
        for quantizer in (
            model.quantizer.semantic_residual_vector_quantizer,
            model.quantizer.acoustic_residual_vector_quantizer,
        ):
            _spread_codes([layer.codebook.embed_sum for layer in quantizer.layers], quantizer.input_proj(heard)[0])
    model.save_pretrained(folder)
    return folder


def save_encodec(folder: Path, **changes: object) -> Path:
    """Save an EnCodec of 4 codebooks of 64 codes at 75 Hz."""
    torch.manual_seed(0)
    model = EncodecModel(EncodecConfig(**{**ENCODEC, **changes}))
    with torch.inference_mode():
        for name, parameter in model.encoder.named_parameters():
            if name.endswith("weight.original0"):
                parameter.mul_(2)
        heard = model.encoder(_second(model))[0]
        _spread_codes([layer.codebook.embed for layer in model.quantizer.layers], heard)
    model.save_pretrained(folder)
    return folder


def _second(model: torch.nn.Module) -> torch.Tensor:
    rate, channels = model.config.sampling_rate, model.config.audio_channels
    return torch.from_numpy(sound(1.0, rate)).expand(1, channels, -1)


def _spread_codes(codebooks: list[torch.Tensor], heard: torch.Tensor) -> None:
    """Put codes where frames lie, shape (dims, frames): until trained all are zero, and every frame gets the same."""
    for place, codes in enumerate(codebooks):
        centre = heard.mean(dim=1) if place == 0 else 0.0
        codes.copy_(centre + heard.std(dim=1) * torch.randn_like(codes) / (place + 1))


def save_s3(path: Path, variant: str) -> Path:
    """Save an S3 tokenizer one block deep as ONNX, its nodes named as in CosyVoice's files.

    s3tokenizer's converter reads names and initializers alone, so the nodes aren't connected.
    """
    package = s3tokenizer_package()
    from s3tokenizer import model, model_v2

    torch.manual_seed(0)
    sizes = {"n_mels": 80, "n_audio_state": 64, "n_audio_head": 1, "n_audio_layer": 1}
    mel = package.log_mel_spectrogram(torch.from_numpy(sound(2.0)), 80)[None]
    if variant == "v2_25hz":
        made = model_v2.S3TokenizerV2(MODEL_NAMES[variant], model_v2.ModelConfig(**sizes))
        down = made.quantizer._codebook.project_down
        with torch.inference_mode():
            heard = down(made.encoder(mel, torch.tensor([mel.shape[-1]]))[0])[0]
            down.weight.div_(heard.std(dim=0)[:, None])
            down.bias.copy_((down.bias - heard.mean(dim=0)) / heard.std(dim=0))
    else:
        made = model.S3Tokenizer(MODEL_NAMES[variant], model.ModelConfig(**sizes))
        with torch.inference_mode():
            heard = made.encoder(mel, torch.tensor([mel.shape[-1]]))[0]
            _spread_codes([made.quantizer._codebook.embed], torch.nn.functional.normalize(heard, dim=-1)[0].T)
    nodes, weights = [], []
    for key, tensor in made.state_dict().items():
        op, node, name = _as_in_the_file(key, variant)
        flipped = tensor.t() if tensor.ndim == 2 and "positional" not in key else tensor
        weights.append(numpy_helper.from_array(flipped.contiguous().numpy(), name))
        strides = {"strides": [1 if variant == "v1_50hz" else 2]} if key == "encoder.conv1.weight" else {}
        inputs = [f"in {node}", name] if op != "LayerNormalization" else [f"in {node}", name, name[:-6] + "bias"]
        if not (op == "LayerNormalization" and key.endswith("bias")):
            nodes.append(helper.make_node(op, inputs, [f"out {node} {key}"], name=node, **strides))
    graph = helper.make_graph(nodes, "tokenizer", [], [], weights)
    onnx.save(helper.make_model(graph), path)
    return path


CONV_NAMES = {"v1_50hz": "onnx::Conv_{}", "v1_25hz": "encoders.{}", "v2_25hz": "onnx::Conv_{}"}
CONV_NUMBERS = {"v1_50hz": 1519, "v2_25hz": 2216}


def _as_in_the_file(key: str, variant: str) -> tuple[str, str, str]:
    """Return (operation, node, initializer) that s3tokenizer's `onnx2torch` turns into the key."""
    path = key.split(".")
    if key.startswith("encoder.conv"):
        number = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"].index(f"{path[1]}.{path[2]}")
        named = f"{path[1]}.{path[2]}" if variant == "v1_25hz" else CONV_NUMBERS[variant] + number
        return "Conv", f"/{path[1]}/Conv", CONV_NAMES[variant].format(named)
    if key == "encoder.positional_embedding":
        return "Add", "/Add", "encoders.positional_embedding"
    if key == "quantizer._codebook.embed":
        return "Pow", "/quantizer/rq/model/layers.0/_codebook/Pow_1", "codes"
    if key.startswith("quantizer"):
        return (
            "Add",
            "/quantizer/project_in",
            {"weight": "onnx::MatMul_2536", "bias": "quantizer.project_in.bias"}[path[-1]],
        )
    node = "/" + f"{path[1]}.{path[2]}/" + "/".join(path[3:-1])
    if path[3] == "mlp":
        node = f"/{path[1]}.{path[2]}/mlp/mlp.{path[4]}"
    if path[-2] == "fsmn_block":
        return "Conv", f"{node}/Conv", key
    if path[-2].endswith("_ln"):
        if variant == "v2_25hz":
            return "LayerNormalization", f"{node}/LayerNormalization", key
        return ("Mul", f"{node}/Mul", key) if path[-1] == "weight" else ("Add", f"{node}/Add_1", key)
    return ("MatMul", f"{node}/MatMul", key) if path[-1] == "weight" else ("Add", f"{node}/Add", key)


def sound(seconds: float, rate: int = 16_000, seed: int = 0) -> np.ndarray:
    """Return a harmonic glide in noise with syllable-like loudness: lively, though no speech."""
    time_s = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time_s + seed)) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * time_s)) / 8
    return (voice + np.random.default_rng(seed).standard_normal(len(time_s)) / 50).astype(np.float32)
