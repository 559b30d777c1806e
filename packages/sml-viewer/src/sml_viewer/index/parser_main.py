"""The helper process that parses tables: `python -m sml_viewer.index.parser_main`; ends with its input."""

from __future__ import annotations

import sys

from .parse_worker import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
