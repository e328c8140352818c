"""What may be told of a fault between here and a server: its kind, never its text, which may quote a header."""


def fault_kind(error: BaseException) -> str:
    """Return the type's name of the fault that an error began with, for example ``"ConnectionRefusedError"``."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return type(error).__name__
