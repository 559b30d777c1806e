"""The helper process of a store's update: `python -m sml_viewer._parser`. Ends when its input closes."""

from __future__ import annotations

import sys

from sml_viewer.store.helper import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
