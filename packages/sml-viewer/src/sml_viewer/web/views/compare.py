"""Two or more runs side by side, and their code."""

from __future__ import annotations

from flask import Blueprint, Response, request

from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.run_views.code_diff import Code, archive_name, differences, read_code
from sml_viewer.run_views.compare import side_by_side
from sml_viewer.run_views.details import Open
from sml_viewer.run_views.table import Moment, now_of
from sml_viewer.security.find_secrets import ARCHIVES, mask_of
from sml_viewer.web import library_pool as data
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.safe_paths import folder_of, open_inside
from sml_viewer.web.http.responses import answer, not_modified
from sml_viewer.web.schemas.runs import CodeComparison, ComparedCode

compare = Blueprint("compare", __name__)

_MOST_RUNS = 100
_MOST_CODE = 20


@compare.get("/api/v1/compare")
def compare_runs() -> Response:
    """Parameters, settings, provenance and metrics."""
    moment, runs = _asked(_MOST_RUNS)
    version = moment.revision
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    masks = [mask_of(folder_of(run)) for run in runs]
    return answer(side_by_side(moment, runs, masks, _opener), version=version)


@compare.get("/api/v1/compare/code")
def compare_code() -> Response:
    """The code of each run against the first's."""
    moment, runs = _asked(_MOST_CODE)
    ids = [moment.catalogue.id_of[run.key] for run in runs]
    only = request.args.get("file")
    codes = [_code(run) for run in runs]
    others: list[ComparedCode] = []
    for name, code in zip(ids[1:], codes[1:], strict=True):
        missing = next((one for one in (codes[0], code) if isinstance(one, str)), None)
        files = (
            [] if isinstance(codes[0], str) or isinstance(code, str) else differences(codes[0], code, only)
        )
        others.append({"id": name, "missing": missing, "files": files})
    content: CodeComparison = {"base": ids[0], "others": others}
    return answer(content)


def _asked(most: int) -> tuple[Moment, list[Run]]:
    moment = now_of(data.library())
    ids = list(dict.fromkeys(request.args.getlist("id")))
    if not 2 <= len(ids) <= most:
        raise ColumnError(f"{len(ids)} runs were chosen; from 2 to {most} can be compared")
    missing = [name for name in ids if name not in moment.catalogue.by_id]
    if missing:
        raise NoRunsError(f"no run has the id {missing[0][:100]!r}; it may have been moved or deleted")
    return moment, [moment.catalogue.by_id[name] for name in ids]


def _opener(run: Run) -> Open:
    return lambda name: open_inside(folder_of(run), name)


def _code(run: Run) -> Code | str:
    """A run's code, or why there is none."""
    folder = folder_of(run)
    name = archive_name({name for name in ARCHIVES if (folder / name).is_file()})
    if name is None:
        return f"{run.name} has no code archive"
    try:
        with open_inside(folder, name) as file:
            return read_code(file, mask_of(folder))
    except (NoSuchFileError, ValueError) as error:
        return f"{run.name}: {name} {error}"
