"""The two ways work can fail: as a whole (`BuildError`) or for one dialogue (`RejectedError`)."""


class BuildError(Exception):
    """A fault that stops the run and that its reader can fix: a config, a file, an endpoint, a disk.

    The message names the file, key or id, the offending value, and the fix. The command line prints it
    without a traceback and exits with status 1.
    """


class RejectedError(Exception):
    """One item can't be used. It is added to the rejects with its reason; the run continues.

    Args:
        reason: a short constant that summaries count by, for example ``"too_long"``.
        detail: what was found, for the person who reads the rejects.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
