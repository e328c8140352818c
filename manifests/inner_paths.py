"""Paths in records, which may come from strangers: they lead to files inside the corpus, or are refused."""

from manifests.errors import BuildError


def check_inner(path: str, record: str) -> None:
    """Refuse a path that a record lists unless it leads into the corpus from its root.

    Raises:
        BuildError: it is absolute or an address, contains a backslash, or a part of it is empty or ``..``.
    """
    if "\\" in path or any(part in ("", "..") for part in path.split("/")):
        raise BuildError(
            f"{record} lists {path!r}, which is not a path inside the corpus: the record is damaged or forged; "
            "get a complete copy of the corpus from whoever made it"
        )
