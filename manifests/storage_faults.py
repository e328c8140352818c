"""Faults of storage, told alike whatever driver reaches it."""

from collections.abc import Iterator
from contextlib import contextmanager

from manifests.errors import BuildError, RejectedError

_PROGRAMMING = (AssertionError, AttributeError, LookupError, NameError, TypeError)
"""No driver's fault of network or storage is one of these: not botocore's, aiohttp's or fsspec's."""


@contextmanager
def storage_faults(where: str, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what a driver of fsspec raises as an exception of its own into the `OSError` that it is.

    An S3 client without credentials or network raises such; as an `OSError` it is the machine's fault, not an item's,
    and is tried again. A fault of the code would only come again: it stays what it is.

    Args:
        where: the file or folder, for the message.
        also: what else stays what it is, such as a reader's word on what a file holds.
    """
    try:
        yield
    except (OSError, BuildError, RejectedError, *_PROGRAMMING):
        raise
    except also:
        raise
    except Exception as error:
        raise OSError(f"{where} can't be reached: {type(error).__name__}: {error}") from error
