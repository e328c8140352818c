"""Which versions of packages made something."""

from importlib.metadata import PackageNotFoundError, version

PROJECT = "build-corpus"


def version_of(package: str) -> str:
    """Return the version of a distribution, or that it has none: a checkout runs without being installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
