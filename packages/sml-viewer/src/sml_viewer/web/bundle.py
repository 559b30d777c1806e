"""The front end as a browser gets it: one script and one style sheet, made of the modules when it is built.

Whoever changes a module gets the modules themselves until the next build: a bundle counts only as long as it
was made of what lies beside it. The build hook loads this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

SCRIPT = "bundle/app.js"
STYLE = "bundle/style.css"
# What the two were made of.
RECORD = "bundle/sources.sha256"

ENTRY = "app.js"
# In the order in which later rules win.
STYLES = tuple(
    f"css/{name}.css" for name in ("tokens", "base", "widgets", "shell", "runs", "run", "plots", "charts")
)
PACKAGES = {
    "@preact/signals": "vendor/@preact/signals/dist/signals.mjs",
    "@preact/signals-core": "vendor/@preact/signals-core/dist/signals-core.mjs",
    "htm": "vendor/htm/dist/htm.mjs",
    "preact": "vendor/preact/dist/preact.mjs",
    "preact/hooks": "vendor/preact/hooks/dist/hooks.mjs",
}
_FOLDERS = ("lib", "pages", "widgets")


def sources(static: Path) -> list[str]:
    """Names, below the folder of static files, of all that a bundle is made of."""
    modules = (path for folder in _FOLDERS for path in (static / folder).rglob("*.js"))
    own = [path.relative_to(static).as_posix() for path in modules]
    return sorted([ENTRY, *own, *STYLES, *PACKAGES.values()])


def digest(static: Path) -> str:
    """A text that differs whenever a bundle would. Raises OSError if a source is missing."""
    whole = hashlib.sha256()
    for name in sources(static):
        whole.update(f"{name}\n".encode() + hashlib.sha256((static / name).read_bytes()).digest())
    return whole.hexdigest()


def is_current(static: Path) -> bool:
    """Whether there is a bundle, made of the sources as they are now."""
    try:
        recorded = (static / RECORD).read_text(encoding="utf-8")
        return recorded == digest(static) and all((static / name).is_file() for name in (SCRIPT, STYLE))
    except OSError:
        return False
