"""Entry point of the archive worker; ends when its input closes.

Started as `python -m sml_viewer.run_views.archives_main`.
"""

from __future__ import annotations

import sys

from .archive_jobs import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
