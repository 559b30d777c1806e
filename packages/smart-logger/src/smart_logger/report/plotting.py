"""`plot`, `bar` and `make_table`: figures and tables as set in `smart_logger.common.plot_config`."""

from __future__ import annotations

import json as _json
import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from smart_logger._missing import needs
from smart_logger._removed import removed
from smart_logger.common import page_config, plot_config

with needs("sml-config"):
    from sml_config import SettingsWarning, nearest
with needs("sml-viewer"):
    from sml_viewer import ConfigurationError, Library, NoRunsError
    from sml_viewer.legacy import (
        OPTIONS,
        OVERRIDES,
        Configuration,
        OutputOptions,
        PlotRequest,
        as_written_now,
        figure_set_of,
        folder_of_figures,
        from_json,
        write_as_older_tool,
        write_tables,
    )


_RUNS = "use sml_viewer.runs(folder), which returns each run's parameters, and read its progress.csv"
_DRAWING = "use sml_viewer.plot(folder, ...), which returns the curves with means and errors"

__getattr__ = removed(
    __name__,
    {
        **dict.fromkeys(("collect_data", "merger_to_short_name", "make_merger_feature"), _RUNS),
        **dict.fromkeys(
            (
                "line_style",
                "list_embedding",
                "sort_algs",
                "standardize_string",
                "stat_data",
                "title_tuple_to_str",
            ),
            _DRAWING,
        ),
        "main": "call plot()",
    },
)

# A configuration: a mapping of options, or a file of one as saved by the page.
Given = Mapping[str, Any] | str | os.PathLike[str] | None


def plot(json: Given = None) -> list[Path]:
    """Draw curves into PLOT_FIGURE_SAVING_PATH; returns the files. Existing files are not overwritten.

    For each pair of columns `X_Y.png` and `X_Y.pdf`, and all of them in one PNG named FINAL_OUTPUT_NAME.

    `json` is a configuration for this call, used instead of `plot_config`. With PLOT_MODE "BAR", draw bars.
    Raises SmlViewerError.
    """
    return _draw("plot", json)


def bar(json: Given = None) -> list[Path]:
    """Draw scores as bars; like `plot`, with the prefix `bar_` in the file names."""
    return _draw("bar", json)


def make_table(json: Given = None) -> list[Path]:
    """Write tables of scores as markdown and LaTeX into PLOT_FIGURE_SAVING_PATH; returns the files."""
    request = _plot_request(json)
    with request.library:
        return _print_paths(
            [write_tables(request, _file(request, f"_table{ending}"))[0] for ending in (".md", ".tex")]
        )


def overwrite_config(json: Given) -> None:
    """Set the options of a configuration in `plot_config`, for later calls."""
    for name, value in _read(json).items():
        setattr(plot_config, name, value)


def smooth(y: Any, radius: int, mode: str = "two_sided", valid_only: bool = False) -> Any:
    """Moving average of a 1-D array over 2·radius+1 points, fewer at both ends.

    With mode "causal" the average of the last `radius` points. With `valid_only`, points with an incomplete
    window are NaN. Returns a float64 array of the same length. Raises ValueError for an unknown mode.
    """
    import numpy as np

    from sml_viewer.legacy import smooth as centred

    values = np.asarray(y, dtype=np.float64)
    if mode == "two_sided":
        averaged = centred(values, radius)
        ends = slice(-radius, None) if radius else slice(0, 0)
    elif mode == "causal":
        total = np.concatenate(([0.0], np.cumsum(values)))
        last = np.arange(1, len(values) + 1)
        first = np.maximum(last - radius, 0)
        averaged, ends = (total[last] - total[first]) / (last - first), slice(0, 0)
    else:
        raise ValueError(f"invalid mode {mode!r}; expected 'two_sided' or 'causal'")
    if valid_only:
        averaged = averaged.copy()
        averaged[:radius] = averaged[ends] = np.nan
    return averaged


def _draw(kind: str, json: Given) -> list[Path]:
    request = _plot_request(json)
    with request.library:
        drawing = figure_set_of(request, kind)
        written = [write_as_older_tool(drawing, _file(request, ending)) for ending in (".png", ".pdf")]
    return _print_paths([path for paths in written for path in paths])


def _read(json: Given) -> Mapping[str, Any]:
    """The options of a configuration. Raises ConfigurationError."""
    if isinstance(json, Mapping):
        return json
    try:
        content = _json.loads(Path(json or "").expanduser().read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{json}: {error}; expected a configuration, a JSON file") from error
    if not isinstance(content, Mapping):
        raise ConfigurationError(
            f"{json}: expected a configuration, a JSON object of option names and values"
        )
    return content


def _configuration(json: Given) -> Configuration:
    """The configuration of a call; those of older releases are converted, with warnings."""
    if json is None:
        return configuration_of(plot_config)
    content, notes = as_written_now(_read(json))
    configuration = from_json(content, lenient=not isinstance(json, Mapping))
    for note in (*configuration.notes, *notes):
        warn(f"a configuration: {note}" if isinstance(json, Mapping) else f"{json}: {note}")
    return configuration


def configuration_of(module: ModuleType) -> Configuration:
    """The options assigned in `plot_config`. Raises OptionError with all faults."""
    known: dict[str, Any] = {**{name: option.unset for name, option in OPTIONS.items()}, OVERRIDES: {}}
    given = {name: value for name, value in vars(module).items() if name.isupper()}
    unknown = sorted(given.keys() - known.keys() - {"DATA_PATH"})
    if unknown:
        near = {name: nearest(name, known) for name in unknown}
        named = [f"{name} (did you mean {guess}?)" if guess else name for name, guess in near.items()]
        warn(f"unknown plot_config options, not used: {', '.join(named)}")
    if given.get("DATA_SELECT") and given.get("USE_IGNORE_RULE"):
        warn("plot_config.DATA_SELECT is not used while USE_IGNORE_RULE is True; set it to False")
    return from_json({name: given[name] for name in known if name in given and given[name] != known[name]})


def warn(message: str) -> None:
    """Issue a warning that points at the script's line that called smart_logger."""
    level, frame = 1, sys._getframe()
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith("smart_logger."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SettingsWarning, stacklevel=level)


def _plot_request(json: Given) -> PlotRequest:
    configuration = _configuration(json)
    given = OutputOptions.of(configuration).plot_log_path
    option = "PLOT_LOG_PATH" if given else "DATA_PATH"
    folder = Path(given or plot_config.DATA_PATH).expanduser()
    if not folder.is_dir():
        raise NoRunsError(f"plot_config.{option}: no such folder: {folder.absolute()}")
    workspace = page_config.WORKSPAPCE
    library = Library([folder], None if workspace is None else Path(workspace))
    library.refresh()
    if not library.runs():
        library.close()
        raise NoRunsError(f"no runs in {folder.absolute()}: no folder there contains a progress.csv")
    return PlotRequest(library, configuration)


def _file(request: PlotRequest, ending: str) -> Path:
    """A file in PLOT_FIGURE_SAVING_PATH, which is created if it does not exist."""
    options = OutputOptions.of(request.configuration)
    folder = options.plot_figure_saving_path or str(request.library.workspace / "figures")
    target, note = folder_of_figures(folder, request.library.workspace)
    if note:
        warn(note)
    return target / f"{options.final_output_name}{ending}"


def _print_paths(paths: list[Path]) -> list[Path]:
    for path in paths:
        print(path)  # noqa: T201  scripts have no other way to learn the file's name
    return paths
