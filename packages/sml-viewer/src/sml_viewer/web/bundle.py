"""Bundle of the front end: its sources, and whether it is current.

A bundle counts only while it matches the modules beside it; otherwise the modules are served until the next
build. The build hook loads this file by path, so it imports nothing of this package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCRIPT = "bundle/app.js"
STYLE = "bundle/style.css"
# The scripts that each page needs beside the first one, by the page's folder below `pages`.
PAGES = "bundle/pages.json"
# Hash of the sources of all.
RECORD = "bundle/sources.sha256"

ENTRY = "app.js"
# Later rules override earlier ones.
STYLES = tuple(
    f"css/{name}.css"
    for name in (
        "tokens",
        "base",
        "widgets",
        "shell",
        "runs",
        "run",
        "plots",
        "charts",
        "hyperparameters",
        "records",
    )
)
# The charts of a file that is shared; never served.
STANDALONE = "bundle/standalone"
STANDALONE_SCRIPT = f"{STANDALONE}/charts.js"
STANDALONE_STYLE = f"{STANDALONE}/charts.css"
STANDALONE_ENTRY = "pages/share/standalone.js"
STANDALONE_STYLES = tuple(
    f"css/{name}.css" for name in ("tokens", "base", "widgets", "charts", "records", "standalone")
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
    """Names of all sources of the bundle, relative to the static folder."""
    modules = (path for folder in _FOLDERS for path in (static / folder).rglob("*.js"))
    own = [path.relative_to(static).as_posix() for path in modules]
    return sorted([ENTRY, *own, *{*STYLES, *STANDALONE_STYLES}, *PACKAGES.values()])


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
        return recorded == digest(static) and all(
            (static / name).is_file() for name in (SCRIPT, STYLE, PAGES, STANDALONE_SCRIPT, STANDALONE_STYLE)
        )
    except OSError:
        return False


def modules_of_pages(meta: Mapping[str, Any]) -> dict[str, list[str]]:
    """The scripts that each page loads beside the first one, by esbuild's record of a bundle."""
    outputs = meta["outputs"]
    own = _with_imports(outputs, [SCRIPT])
    # Pages are what the first scripts import on demand; pages import more on demand, which is not preloaded.
    on_demand = {each["path"] for name in own for each in outputs[name]["imports"]} - own
    entries = {name: outputs[name].get("entryPoint", "") for name in on_demand}
    return {
        entry.split("/")[1]: sorted(_with_imports(outputs, [name]) | own - {SCRIPT})
        for name, entry in entries.items()
        if entry.startswith("pages/")
    }


def _with_imports(outputs: Mapping[str, Any], names: list[str]) -> set[str]:
    """These scripts and what they import when they are loaded, directly or not."""
    loaded: set[str] = set()
    while names:
        name = names.pop()
        if name not in loaded:
            loaded.add(name)
            names += [each["path"] for each in outputs[name]["imports"] if each["kind"] == "import-statement"]
    return loaded
