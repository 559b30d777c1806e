"""Compare runs: the differences of two, or everything about several side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sml_viewer.analysis.mixed_units import summaries_differ
from sml_viewer.columns.metric_direction import best_of, is_loss
from sml_viewer.columns.step_names import rank_of_steps
from sml_viewer.errors import NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.security.find_secrets import ARCHIVES, Mask, archive_name

from .details import Open, provenance_in, run_config, settings_in
from .schemas import ComparedMetric, ComparedValues, Comparison
from .table import TableSnapshot, display_number, json_value

_COMPARED_FACTS = ("commit_id", "dirty", "python", "packages", "host", "start_time")


@dataclass(frozen=True)
class Difference:
    """A value that differs between two runs.

    `kind` is parameter, provenance or last; `first` and `second` are None where a run lacks the value.
    """

    kind: str
    name: str
    first: Any
    second: Any


def compare(first: Run, second: Run) -> list[Difference]:
    """The differences between two runs: parameters, then provenance, then last values."""
    parameters = dict.fromkeys((*first.flat, *second.flat))
    columns = dict.fromkeys((*first.summary, *second.summary))
    candidates = [
        *(
            Difference("parameter", name, first.parameter(name), second.parameter(name))
            for name in parameters
        ),
        *(
            Difference("provenance", name, first.provenance.get(name), second.provenance.get(name))
            for name in _COMPARED_FACTS
        ),
        *(Difference("last", name, first.last.get(name), second.last.get(name)) for name in columns),
    ]
    return [
        difference for difference in candidates if text_of(difference.first) != text_of(difference.second)
    ]


def find_run(runs: Sequence[Run], text: str) -> Run:
    """The run with this name, id or path, or the only one whose name contains the text or whose path ends so.

    Raises NoRunsError, which lists similar names.
    """
    exact = [run for run in runs if text in (run.name, run.id, str(run.path))]
    close = exact or [run for run in runs if text.rstrip("/") in run.name or run.id.startswith(text)]
    if not close:  # a name that is masked where it is shown
        close = [run for run in runs if f"{run.path}/".endswith(f"/{text.strip('/')}/")]
    if len(close) == 1:
        return close[0]
    if not close:
        raise NoRunsError(f"no run is called {text!r}; list them with: sml-viewer list")
    names = ", ".join(run.name for run in close[:5]) + (", …" if len(close) > 5 else "")
    raise NoRunsError(f"{text!r} means {len(close)} runs: {names}; name one of them")


def side_by_side(
    table: TableSnapshot, runs: Sequence[Run], masks: Sequence[Mask], opened: Callable[[Run], Open]
) -> Comparison:
    """Parameters, settings, provenance, metrics and code archives of some runs; secrets are masked."""
    configs = [run_config(mask, opened(run)) for run, mask in zip(runs, masks, strict=True)]
    names = dict.fromkeys(name for run in runs for name in (*run.flat, *run.defaults))
    return {
        "runs": [
            {"id": table.snapshot.id_of[run.key], "name": run.name, "status": table.state_of(run).state}
            for run in runs
        ],
        "parameters": [
            _row(name, [mask.value(run.parameter(name)) for run, mask in zip(runs, masks, strict=True)])
            for name in names
        ],
        "settings": _rows([settings_in(config) for config in configs]),
        "provenance": _rows([_packages_apart(provenance_in(config)) for config in configs]),
        "metrics": [
            _metric(name, runs) for name in dict.fromkeys(name for run in runs for name in run.summary)
        ],
        "code": {"archives": [_archive(run) for run in runs]},
    }


def _rows(values: Sequence[Mapping[str, Any]]) -> list[ComparedValues]:
    names = dict.fromkeys(name for config in values for name in config)
    return [_row(name, [config.get(name) for config in values]) for name in names]


def _row(name: str, values: Sequence[Any]) -> ComparedValues:
    same = len({text_of(value) for value in values}) == 1
    return {"name": name, "values": [json_value(value) for value in values], "same": same}


def _packages_apart(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance with one row per package, so that differing versions are visible."""
    packages = facts.get("packages")
    rest = {name: value for name, value in facts.items() if name != "packages"}
    if not isinstance(packages, dict):
        return dict(facts)
    return {**rest, **{f"package {name}": version for name, version in packages.items()}}


def _metric(name: str, runs: Sequence[Run]) -> ComparedMetric:
    columns = [run.summary.get(name) for run in runs]
    last = [None if summary is None else display_number(summary.last) for summary in columns]
    best_values = [None if summary is None else best_of(name, summary) for summary in columns]
    best = [None if summary is None else display_number(summary) for summary in best_values]
    least = [
        None if summary is None or summary.low is None else display_number(summary.low) for summary in columns
    ]
    is_measure = rank_of_steps(name) is None and not summaries_differ([*filter(None, columns)], name)
    same = len({summary and summary.last for summary in columns}) == 1
    return {
        "name": name,
        "last": last,
        "best": best,
        "least": least,
        "same": same,
        "largest": not is_loss(name) if is_measure else None,
    }


def _archive(run: Run) -> str | None:
    return archive_name({name for name in ARCHIVES if (run.path / name).is_file()})
