"""Torch, set up for a worker."""

from types import ModuleType

from manifests.extras import missing_extra


def torch_on_one_thread() -> ModuleType:
    """Return torch, set to use one thread of this process, since there is a worker per core.

    Raises:
        BuildError: torch isn't installed.
    """
    try:
        import torch
    except ImportError as error:
        raise missing_extra("the speech tokenizer needs torch", "codecs") from error
    torch.set_num_threads(1)
    return torch
