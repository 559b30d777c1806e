"""Several runs side by side: parameters, settings, provenance, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sml_viewer.columns.metric_direction import best_of
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.security.find_secrets import ARCHIVES, Mask, archive_name

from .details import Open, provenance_in, run_config, settings_in
from .schemas import ComparedMetric, ComparedValues, Comparison
from .table import TableSnapshot, in_json, short


def side_by_side(
    moment: TableSnapshot, runs: Sequence[Run], masks: Sequence[Mask], opened: Callable[[Run], Open]
) -> Comparison:
    """Everything that can be compared of some runs, in JSON's terms; secrets are hidden."""
    configs = [run_config(mask, opened(run)) for run, mask in zip(runs, masks, strict=True)]
    names = dict.fromkeys(name for run in runs for name in (*run.flat, *run.defaults))
    return {
        "runs": [
            {"id": moment.catalogue.id_of[run.key], "name": run.name, "status": moment.standing(run).state}
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
    names = dict.fromkeys(name for one in values for name in one)
    return [_row(name, [one.get(name) for one in values]) for name in names]


def _row(name: str, values: Sequence[Any]) -> ComparedValues:
    same = len({text_of(value) for value in values}) == 1
    return {"name": name, "values": [in_json(value) for value in values], "same": same}


def _packages_apart(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Each package's version is one row: a list of two hundred in one cell tells nobody which differs."""
    packages = facts.get("packages")
    rest = {name: value for name, value in facts.items() if name != "packages"}
    if not isinstance(packages, dict):
        return dict(facts)
    return {**rest, **{f"package {name}": version for name, version in packages.items()}}


def _metric(name: str, runs: Sequence[Run]) -> ComparedMetric:
    columns = [run.summary.get(name) for run in runs]
    last = [None if one is None else short(one.last) for one in columns]
    found = [None if one is None else best_of(name, one) for one in columns]
    best = [None if one is None else short(one) for one in found]
    least = [None if one is None or one.low is None else short(one.low) for one in columns]
    same = len({one and one.last for one in columns}) == 1
    return {"name": name, "last": last, "best": best, "least": least, "same": same}


def _archive(run: Run) -> str | None:
    return archive_name({name for name in ARCHIVES if (run.path / name).is_file()})
