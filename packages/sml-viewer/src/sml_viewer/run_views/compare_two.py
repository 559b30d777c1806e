"""Two runs side by side: what they were given, what they ran, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sml_viewer.errors import NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of

_FACTS = ("commit_id", "dirty", "python", "packages", "host", "start_time")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; `kind` is parameter, provenance or last; None where a run lacks it."""

    kind: str
    name: str
    first: Any
    second: Any


def compare(first: Run, second: Run) -> list[Difference]:
    """What differs: parameters, then provenance, then last values."""
    parameters = dict.fromkeys((*first.flat, *second.flat))
    columns = dict.fromkeys((*first.summary, *second.summary))
    found = [
        *(
            Difference("parameter", name, first.parameter(name), second.parameter(name))
            for name in parameters
        ),
        *(
            Difference("provenance", name, first.provenance.get(name), second.provenance.get(name))
            for name in _FACTS
        ),
        *(Difference("last", name, first.last.get(name), second.last.get(name)) for name in columns),
    ]
    return [one for one in found if text_of(one.first) != text_of(one.second)]


def find_run(runs: Sequence[Run], wanted: str) -> Run:
    """The run of a name, id or path, or the only one whose name holds the word.

    Raises NoRunsError that lists near ones.
    """
    exact = [run for run in runs if wanted in (run.name, run.id, str(run.path))]
    close = exact or [run for run in runs if wanted.rstrip("/") in run.name or run.id.startswith(wanted)]
    if len(close) == 1:
        return close[0]
    if not close:
        raise NoRunsError(f"no run is called {wanted!r}; list them with: sml-viewer list")
    names = ", ".join(run.name for run in close[:5]) + (", …" if len(close) > 5 else "")
    raise NoRunsError(f"{wanted!r} means {len(close)} runs: {names}; name one of them")
