"""The list of runs, the page of one run, and its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, send_file

from sml_config.run_folder import LOG, is_temporary
from sml_viewer.library import Library
from sml_viewer.naming import differing
from sml_viewer.page.data import library
from sml_viewer.run import Run
from sml_viewer.series import choose_x, choose_y

runs = Blueprint("runs", __name__, url_prefix="/plain")

_PREVIEW_BYTES = 200_000
_LOG_TAIL_BYTES = 6_000
_TEXT = {".txt", ".csv", ".json", ".yaml", ".yml", ".log", ".md", ".py", ".patch", ""}


@runs.get("/experiment")
def experiment() -> str:
    """Every run below the data path, with the parameters that differ and the last value of the metric."""
    found = _found(library())
    with_rows = [run for run in found if run.summary]
    metric = choose_y(with_rows, choose_x(library(), with_rows)) if with_rows else None
    return render_template("experiment.html", runs=found, metric=metric, names=_differing(found))


@runs.get("/experiment/<run_id>")
def run(run_id: str) -> str:
    """One run: parameters, last values, the end of its log, its files."""
    found = _run(run_id)
    return render_template("run.html", run=found, log=_tail(found.path / LOG), files=_files(found.path))


@runs.get("/experiment/<run_id>/preview/<path:name>")
def preview(run_id: str, name: str) -> str:
    """The beginning of a text file."""
    found = _run(run_id)
    path = _inside(found, name)
    with path.open("rb") as file:
        content = file.read(_PREVIEW_BYTES).decode("utf-8", errors="replace")
    cut = path.stat().st_size > _PREVIEW_BYTES
    return render_template("preview.html", run=found, name=name, content=content, cut=cut)


@runs.get("/experiment/<run_id>/download/<path:name>")
def download(run_id: str, name: str) -> Response:
    """A file of the run as it is; never shown by the browser as a page of ours."""
    return send_file(_inside(_run(run_id), name), as_attachment=True)


@dataclass(frozen=True)
class _File:
    name: str
    size: int
    is_text: bool


def _differing(found: list[Run]) -> list[str]:
    return differing(found, (), sorted({name for run in found for name in run.flat}))


def _run(run_id: str) -> Run:
    found = [run for run in _found(library()) if run.id == run_id]
    return found[0] if found else abort(404)


def _found(shown: Library) -> list[Run]:
    shown.notice()
    return shown.runs()


def _inside(found: Run, name: str) -> Path:
    """The file `name` of a run; 404 for anything that is not a plain file inside its folder."""
    folder = found.path.resolve()
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError):
        inside = False  # a name that no file system takes
    return path if inside else abort(404)


def _files(folder: Path) -> list[_File]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if not is_temporary(name) and path.is_file():
                relative = path.relative_to(folder).as_posix()
                found.append(_File(relative, path.stat().st_size, path.suffix.lower() in _TEXT))
    return found


def _tail(path: Path) -> str:
    """The last lines of a text file, or nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if size > _LOG_TAIL_BYTES else text
