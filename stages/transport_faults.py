"""What may be told of a fault between here and a server: its kind, never its text, which may quote a header."""

PASSING = frozenset({408, 425, 429})
"""The 4xx that another try may not meet: too slow, too early, too many."""


def fault_kind(error: BaseException) -> str:
    """Return the type name of an error's root cause, for example ``"ConnectionRefusedError"``."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return type(error).__name__
