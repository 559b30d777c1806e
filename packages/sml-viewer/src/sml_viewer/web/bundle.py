"""Bundle of the front end: its sources, and whether it is current.

A bundle counts only while it matches the modules beside it; otherwise the modules are served until the next
build. The build hook loads this file by path, so it imports nothing of this package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = "bundle/app.js"
STYLE = "bundle/style.css"
# The scripts that each page loads beside the first one, by the page's folder below `pages`.
PAGES = "bundle/pages.json"
# Hash of the sources of all.
RECORD = "bundle/sources.sha256"

ENTRY = "app.js"
# The page that most visits begin with: its scripts are in SCRIPT.
_OPENS = "pages/charts/charts.js"
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


class Chunk(NamedTuple):
    """A script that esbuild made: its source if it is loaded by name, its exports, and the chunks it loads.

    `imports` are loaded with it, `on_demand` later.
    """

    source: str
    exports: tuple[str, ...]
    imports: frozenset[str]
    on_demand: frozenset[str]


def chunks_of(meta: Mapping[str, Any]) -> dict[str, Chunk]:
    """The chunks of a bundle by file name, from esbuild's record of it."""

    def imported(output: Mapping[str, Any], kind: str) -> frozenset[str]:
        return frozenset(Path(each["path"]).name for each in output["imports"] if each["kind"] == kind)

    return {
        Path(path).name: Chunk(
            output.get("entryPoint", ""),
            tuple(output["exports"]),
            imported(output, "import-statement"),
            imported(output, "dynamic-import"),
        )
        for path, output in meta["outputs"].items()
    }


def first_view(chunks: Mapping[str, Chunk]) -> list[str]:
    """The chunks of the first view: the entry, the page that opens, and all that they import."""
    return sorted(_with_imports(chunks, [name for name in chunks if chunks[name].source in (ENTRY, _OPENS)]))


def joined_exports(chunks: Mapping[str, Chunk], joined: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each of the joined chunks its exports, and their names in the joined script, which differ."""
    return {
        name: {each: f"c{number}_{each}" for each in chunks[name].exports}
        for number, name in enumerate(joined)
    }


def scripts_of_pages(chunks: Mapping[str, Chunk], joined: Sequence[str]) -> dict[str, list[str]]:
    """The scripts that each page loads beside the first one, by the page's folder below `pages`."""
    # Pages are what the first scripts load on demand; what pages load on demand is not preloaded.
    pages = sorted(
        set().union(*(chunks[name].on_demand for name in _with_imports(chunks, [Path(SCRIPT).name])))
    )
    return {
        chunks[name].source.split("/")[1]: [
            f"{Path(SCRIPT).parent.name}/{each}"
            for each in sorted(_with_imports(chunks, [name]) - set(joined))
        ]
        for name in pages
        if chunks[name].source.startswith("pages/")
    }


def _with_imports(chunks: Mapping[str, Chunk], names: list[str]) -> set[str]:
    """These chunks and what they import when they are loaded, directly or not."""
    loaded: set[str] = set()
    while names:
        name = names.pop()
        if name not in loaded:
            loaded.add(name)
            names += chunks[name].imports
    return loaded
