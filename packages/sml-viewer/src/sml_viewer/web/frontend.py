"""Choose the scripts and styles of the page: the bundle, or the modules if they are newer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask, current_app

from .bundle import ENTRY, PACKAGES, PAGES, SCRIPT, STANDALONE, STYLE, STYLES, is_current, sources

EXTENSION = "sml-viewer-frontend"

STATIC = Path(__file__).parent / "static"
# The folder below `pages` of the page at an address.
_FOLDERS = {
    "charts": "charts",
    "experiment": "runs",
    "param_adjust": "editor",
    "plot": "editor",
    "table": "editor",
    "run": "run",
    "hyperparameters": "hyperparameters",
}
# The parts of the texts that lib/i18n.js loads first.
_TEXTS = ("", ".plots", ".charts", ".hyper")
# Modules of every page, preloaded if there is no bundle, beside those of its own folder.
_COMMON = ("lib/*.js", "widgets/*.js", "pages/*.js", "vendor/**/*.mjs")


@dataclass(frozen=True)
class Frontend:
    """One release of the front end.

    `files` are all served files by name; `release` is a hash of them. `import_map` is the only inline
    script, with the addresses of packages; empty with a bundle. `pages` are the further modules of a page by
    its folder, which the browser would otherwise discover one by one.
    """

    files: Mapping[str, Path]
    release: str
    script: str
    styles: tuple[str, ...]
    import_map: str = ""
    pages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Base address of the release, so that modules find each other by relative names."""
        return f"/static/v-{self.release}/"

    def preloads(self, path: str) -> tuple[str, ...]:
        """The modules that the page at an address needs beside the script."""
        return self.pages.get(_FOLDERS.get(path.split("/")[1], ""), ())

    def texts(self, language: str) -> tuple[str, ...]:
        """The files of the texts of the first view."""
        return tuple(f"locales/{language}{part}.json" for part in _TEXTS)

    def import_map_below(self, base_path: str) -> str:
        """The import map of a page that is served below a base path."""
        return self.import_map.replace(f'"{self.url}', f'"{base_path}{self.url}')

    def policy(self, base_path: str = "") -> str:
        """The script sources for the content security policy."""
        if not self.import_map:
            return "'self'"
        content = self.import_map_below(base_path).encode()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return f"'self' 'sha256-{digest}'"


def frontend(app: Flask | None = None) -> Frontend:
    """The front end of an application, or of the current one."""
    current: Frontend = (app or current_app).extensions[EXTENSION]
    return current


def make_frontend(static: Path = STATIC) -> Frontend:
    """The front end to serve."""
    present = {
        path.relative_to(static).as_posix(): path for path in sorted(static.rglob("*")) if path.is_file()
    }
    if is_current(static):
        bundled = set(sources(static))
        files = {
            name: path
            for name, path in present.items()
            if name not in bundled and not name.startswith(STANDALONE)
        }
        recorded = json.loads((static / PAGES).read_text(encoding="utf-8"))
        modules = {page: tuple(names) for page, names in recorded.items()}
        return Frontend(files, _digest(files), SCRIPT, (STYLE,), pages=modules)
    files = {name: path for name, path in present.items() if not name.startswith("bundle/")}
    release = _digest(files)
    pages = {page: _modules(static, page) for page in _FOLDERS.values()}
    unbundled = Frontend(files, release, ENTRY, STYLES, pages=pages)
    packages = {name: unbundled.url + path for name, path in PACKAGES.items()}
    return replace(unbundled, import_map=json.dumps({"imports": packages}))


def _modules(static: Path, page: str) -> tuple[str, ...]:
    patterns = (*_COMMON, f"pages/{page}/*.js")
    return tuple(
        sorted({path.relative_to(static).as_posix() for each in patterns for path in static.glob(each)})
    )


def _digest(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        digest.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
