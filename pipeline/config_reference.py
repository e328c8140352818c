"""`build-corpus config`: every key of a config file, for people to read and to grep."""

from textwrap import fill

from rich.console import Console
from rich.text import Text

from manifests.config_keys import config_keys
from manifests.strict_model import StrictModel

INDENT = " " * 4


def print_config_keys(console: Console, model: type[StrictModel]) -> None:
    """Print each key of a config on one line with its type and default, and its meaning below it.

    Key lines are never wrapped, so each stays one line in a pipe.
    """
    for key in config_keys(model):
        if key.opens:
            console.print()
        default = "required" if key.default is None else f"default {key.default}"
        line = Text.assemble((key.path, "bold"), f": {key.type}; {default}")
        console.print(line, soft_wrap=True)
        if key.description:
            console.print(
                Text(fill(key.description, console.width, initial_indent=INDENT, subsequent_indent=INDENT)),
                soft_wrap=True,
            )
