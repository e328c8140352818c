"""Torch as a worker needs it."""

from types import ModuleType

from manifests.extras import missing_extra


def torch_on_one_thread() -> ModuleType:
    """Return torch, told to use one thread of this process: workers are as many as there are cores.

    Raises:
        BuildError: torch isn't installed.
    """
    try:
        import torch
    except ImportError as error:
        raise missing_extra("the speech tokenizer needs torch", "codecs") from error
    torch.set_num_threads(1)
    return torch
