"""Choose the scripts and styles of the page: the bundle, or the modules if they are newer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask, current_app

from .bundle import ENTRY, PACKAGES, SCRIPT, STYLE, STYLES, first_scripts, is_current, sources

EXTENSION = "sml-viewer-frontend"

STATIC = Path(__file__).parent / "static"
# Modules of the first view, preloaded if there is no bundle; other pages load when they are opened.
_FIRST = ("lib/*.js", "widgets/*.js", "pages/*.js", "pages/runs/*.js", "vendor/**/*.mjs")


@dataclass(frozen=True)
class Frontend:
    """One release of the front end.

    `files` are all served files by name; `release` is a hash of them. `import_map` is the only inline
    script, with the addresses of packages; empty with a bundle. `preloads` are further modules of the first
    view, which the browser would otherwise discover one by one.
    """

    files: Mapping[str, Path]
    release: str
    script: str
    styles: tuple[str, ...]
    import_map: str = ""
    preloads: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Base address of the release, so that modules find each other by relative names."""
        return f"/static/v-{self.release}/"

    @property
    def policy(self) -> str:
        """The script sources for the content security policy."""
        if not self.import_map:
            return "'self'"
        digest = base64.b64encode(hashlib.sha256(self.import_map.encode()).digest()).decode()
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
        modules = set(sources(static))
        files = {name: path for name, path in present.items() if name not in modules}
        return Frontend(files, _digest(files), SCRIPT, (STYLE,), preloads=first_scripts(static))
    files = {name: path for name, path in present.items() if not name.startswith("bundle/")}
    release = _digest(files)
    first = {path.relative_to(static).as_posix() for pattern in _FIRST for path in static.glob(pattern)}
    unbundled = Frontend(files, release, ENTRY, STYLES, preloads=tuple(sorted(first)))
    packages = {name: unbundled.url + path for name, path in PACKAGES.items()}
    return replace(unbundled, import_map=json.dumps({"imports": packages}))


def _digest(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        digest.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
