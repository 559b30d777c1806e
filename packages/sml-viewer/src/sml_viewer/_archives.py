"""The archive worker: `python -m sml_viewer._archives`. Ends when its input closes, whatever it is doing."""

from __future__ import annotations

import sys

from sml_viewer.archive_jobs import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
