"""Storage faults, reported alike whatever the driver."""

from collections.abc import Iterator
from contextlib import contextmanager

from manifests.errors import BuildError, RejectedError

_PROGRAMMING = (AssertionError, AttributeError, LookupError, NameError, TypeError)
"""No driver's fault of network or storage is one of these: not botocore's, aiohttp's or fsspec's."""


@contextmanager
def storage_faults(where: str, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn an fsspec driver's own exceptions into the `OSError` that they are.

    An S3 client without credentials or network raises such; as an `OSError` it is the machine's fault, not an item's,
    and is retried. A bug in the code would only occur again: it stays what it is.

    Args:
        where: the file or folder, for the message.
        also: further exceptions to leave unchanged, such as a reader's verdict on a file's content.
    """
    try:
        yield
    except (OSError, BuildError, RejectedError, *_PROGRAMMING):
        raise
    except also:
        raise
    except Exception as error:
        raise OSError(f"{where} can't be reached: {type(error).__name__}: {error}") from error
