"""What the one HTML page tells the browser of its scripts: names of packages, and what to fetch at once."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path

from .assets import URL

_STATIC = Path(__file__).parent / "static"
# Shown first, so fetched at once; the other parts come when they are opened.
_FIRST = ("lib/*.js", "widgets/*.js", "parts/*.js", "parts/runs/*.js", "vendor/**/*.mjs")

# Scripts import packages by name; the browser learns here where these lie.
IMPORT_MAP = json.dumps(
    {
        "imports": {
            "preact": f"{URL}vendor/preact/dist/preact.mjs",
            "preact/hooks": f"{URL}vendor/preact/hooks/dist/hooks.mjs",
            "@preact/signals": f"{URL}vendor/@preact/signals/dist/signals.mjs",
            "@preact/signals-core": f"{URL}vendor/@preact/signals-core/dist/signals-core.mjs",
            "htm": f"{URL}vendor/htm/dist/htm.mjs",
        }
    }
)
# The one inline script that the content policy allows.
IMPORT_MAP_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(IMPORT_MAP.encode()).digest()).decode()}'"


@cache
def first_modules() -> list[str]:
    """Addresses of the modules that the first view needs: without the list each would be found by another."""
    found = {path for pattern in _FIRST for path in _STATIC.glob(pattern)}
    return sorted(URL + path.relative_to(_STATIC).as_posix() for path in found)
