"""Newsline: news sites in, clean articles out as JSON Lines.

`newsline:main` is the console script, and `python -m newsline` does the same. This package stands above `scrapers`,
`workers` and `schemas`, and may import all of them. None of them imports this package.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line with the arguments of this process."""
    from newsline.commands import main as command_line

    command_line(prog_name="newsline")
