"""A Piper graph that takes its noise as an input and outputs how long it makes every symbol.

Piper exports VITS (https://arxiv.org/abs/2106.06103) with two RandomNormalLike nodes: one spreads the phone
durations, one the latent. They draw from a generator inside the session, so what is said depends on what was said
before. Here each becomes a graph input of any length that is read round and round to the shape the graph needs. The
durations are what the graph rounds up to whole frames; they become an output.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SeededGraph:
    """A serialised graph.

    Attributes:
        noise_inputs: 1-D float32, at least one number each.
        frames: name of the output that tells how many frames each id lasts, float32 of as many numbers as ids; None if
            the graph does not round them up in one place, as VITS does.
    """

    graph: bytes
    noise_inputs: tuple[str, ...]
    frames: str | None


def with_noise_inputs(path: Path) -> SeededGraph:
    """Return the graph with every RandomNormalLike node replaced by an input, and the frames as its last output."""
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    nodes = []
    names: list[str] = []
    for node in graph.node:
        if node.op_type != "RandomNormalLike":
            nodes.append(node)
            continue
        (like,), (drawn,) = node.input, node.output
        name = f"noise_{len(names)}"
        names.append(name)
        graph.input.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [f"{name}_length"]))
        nodes += [
            helper.make_node("Size", [like], [f"{name}/needed"]),
            helper.make_node("Size", [name], [f"{name}/given"]),
            helper.make_node("Range", ["noise/zero", f"{name}/needed", "noise/one"], [f"{name}/places"]),
            helper.make_node("Mod", [f"{name}/places", f"{name}/given"], [f"{name}/wrapped"]),
            helper.make_node("Gather", [name, f"{name}/wrapped"], [f"{name}/flat"]),
            helper.make_node("Shape", [like], [f"{name}/shape"]),
            helper.make_node("Reshape", [f"{name}/flat", f"{name}/shape"], [drawn]),
        ]
    for name, value in (("noise/zero", 0), ("noise/one", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.int64), name))
    del graph.node[:]
    graph.node.extend(nodes)
    rounded_up = [node.output[0] for node in nodes if node.op_type == "Ceil"]
    frames = rounded_up[0] if len(rounded_up) == 1 else None
    if frames:
        graph.output.append(helper.make_empty_tensor_value_info(frames))
    return SeededGraph(model.SerializeToString(), tuple(names), frames)
