"""Serve the web page: `python -m smart_logger.htmlpage`, with the options of `sml-viewer serve`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ._missing import NotInstalledError, needs


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page; returns the exit status."""
    try:
        with needs("sml-viewer"):
            from sml_viewer.cli import main as viewer
    except NotInstalledError as error:
        print(f"smart_logger.htmlpage: {error}", file=sys.stderr)
        return 2
    words = sys.argv[1:] if arguments is None else arguments
    return viewer(["serve", *words], serve_as="python -m smart_logger.htmlpage")


if __name__ == "__main__":
    sys.exit(main())
