"""A plot request whose names, captions and figures tell neither paths nor people, hosts, tags and notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sml_viewer.model.run import Run
from sml_viewer.naming.anonymize import anonymous_query
from sml_viewer.select.selection import Selection, without_names

from .request import PlotRequest

_ANNOTATION = re.compile(r"\b(?:tag|note)\b", re.IGNORECASE)


@dataclass(frozen=True)
class AnonymousRequest(PlotRequest):
    """The same runs and numbers as of a request, under anonymous names."""

    def selection(self) -> Selection:
        """The selected runs without their names."""
        return without_names(super().selection(), self.configuration)


def shared_query(where: str, runs: Sequence[Run]) -> str:
    """The query as others may read it: by ids of runs if it names a tag, a note, a host, a path or a run."""
    if _ANNOTATION.search(where):
        return " or ".join(f"id = {run.id}" for run in runs)
    return anonymous_query(where, runs)
