"""What may be reported of a fault between here and a server: its kind, never its text, which may quote a header."""


def fault_kind(error: BaseException) -> str:
    """Return the type name of an error's root cause, for example ``"ConnectionRefusedError"``."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return type(error).__name__
