"""The archive worker, `python -m sml_viewer.run_views.archives_main`; ends when its input closes."""

from __future__ import annotations

import sys

from .archive_jobs import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
