"""Bundle of the front end: its sources, and whether it is current.

A bundle counts only while it matches the modules beside it; otherwise the modules are served until the next
build. The build hook loads this file by path, so it imports nothing of this package.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

SCRIPT = "bundle/app.js"
STYLE = "bundle/style.css"
# Hash of the sources of both.
RECORD = "bundle/sources.sha256"

ENTRY = "app.js"
# Later rules override earlier ones.
STYLES = tuple(
    f"css/{name}.css"
    for name in ("tokens", "base", "widgets", "shell", "runs", "run", "plots", "charts", "records")
)
PACKAGES = {
    "@preact/signals": "vendor/@preact/signals/dist/signals.mjs",
    "@preact/signals-core": "vendor/@preact/signals-core/dist/signals-core.mjs",
    "htm": "vendor/htm/dist/htm.mjs",
    "preact": "vendor/preact/dist/preact.mjs",
    "preact/hooks": "vendor/preact/hooks/dist/hooks.mjs",
}
_FOLDERS = ("lib", "pages", "widgets")
# How a script of the bundle imports another one at once; later it calls `import("…")`.
_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')


def sources(static: Path) -> list[str]:
    """Names of all sources of the bundle, relative to the static folder."""
    modules = (path for folder in _FOLDERS for path in (static / folder).rglob("*.js"))
    own = [path.relative_to(static).as_posix() for path in modules]
    return sorted([ENTRY, *own, *STYLES, *PACKAGES.values()])


def first_scripts(static: Path) -> tuple[str, ...]:
    """Names of the scripts that the bundle's entry imports at once, directly or through others."""
    folder = SCRIPT.rpartition("/")[0]
    names: list[str] = []
    todo = [SCRIPT]
    while todo:
        content = (static / todo.pop()).read_text(encoding="utf-8")
        new = [
            name for name in (f"{folder}/{last}" for last in _IMPORT.findall(content)) if name not in names
        ]
        names += new
        todo += new
    return tuple(names)


def digest(static: Path) -> str:
    """Hash of the sources. Raises OSError if one is missing."""
    whole = hashlib.sha256()
    for name in sources(static):
        whole.update(f"{name}\n".encode() + hashlib.sha256((static / name).read_bytes()).digest())
    return whole.hexdigest()


def is_current(static: Path) -> bool:
    """Whether there is a bundle made of the current sources."""
    try:
        recorded = (static / RECORD).read_text(encoding="utf-8")
        return recorded == digest(static) and all((static / name).is_file() for name in (SCRIPT, STYLE))
    except OSError:
        return False
