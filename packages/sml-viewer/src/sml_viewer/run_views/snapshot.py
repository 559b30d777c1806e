"""Immutable snapshot of all runs of a library, with indexes derived from them once per change."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from sml_config.hashing import sha256
from sml_config.run_states import RUNNING
from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation, annotation_of_tool
from sml_viewer.columns.axes import ROW
from sml_viewer.columns.choose import choose_pair
from sml_viewer.errors import ColumnError
from sml_viewer.library import Library
from sml_viewer.model.distinct_values import Codes
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run, kind_of_columns
from sml_viewer.model.run_state import UNKNOWN, RunState, run_state
from sml_viewer.naming.environments import choose_separators
from sml_viewer.naming.labels import is_seed
from sml_viewer.naming.parameter_names import environment_rank
from sml_viewer.naming.parameter_roles import ALGORITHM, ENVIRONMENT, SEED, Roles, parameter_roles
from sml_viewer.select.duplicates import Duplicates, counted_of, equal_groups
from sml_viewer.select.query import AnnotationLookup, RunColumns
from sml_viewer.select.query.parser import known_names

# Ids that need no quoting in a URL.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# `<name>_<time>-<start of its id>`: a run that was moved away for a new run of its name.
_MOVED_AWAY = re.compile(r"(.+)_\d{4}(?:-\d\d){5}-[^/]{1,8}", re.DOTALL)
_SAMPLE = 200
_LATEST = "latest catalogue"
# Runs with so many rows are enough to choose the default metric; it is not chosen again with every row.
_SETTLED_ROWS = 16
# Properties that are valid until runs are added, removed, or get other parameters or columns.
_OF_COLUMNS = frozenset({"metrics", "known_names"})
_OF_PARAMETERS = _OF_COLUMNS | {
    "lineage",
    "ids",
    "id_of",
    "id_by_name",
    "index_of",
    "numbers",
    "values",
    "varying",
    "roles",
    "telling",
    "attempt_of",
}


def run_number(run: Run) -> int:
    """A number that identifies a run within one snapshot."""
    return run.key[0] * 100_000_000 + run.key[1]


class Snapshot:
    """The runs in the order of their paths; `ids` are in the same order and unique.

    While runs only grow, what does not depend on their rows is reused from the previous snapshot.
    """

    def __init__(
        self, revision: str, runs: Sequence[Run], library: Library, before: Snapshot | None = None
    ) -> None:
        self.revision = revision
        self.runs = runs
        self._library = library
        if before is not None and _only_grew(before.runs, runs):
            same = _OF_PARAMETERS if before._has_all_columns_of(runs) else _OF_PARAMETERS - _OF_COLUMNS
            if same > _OF_COLUMNS and _are_settled(before.runs, runs):
                same |= {"pair"}
            self.__dict__.update({name: before.__dict__[name] for name in same & before.__dict__.keys()})

    def _has_all_columns_of(self, runs: Sequence[Run]) -> bool:
        return all(
            new is old or new.summary.keys() == old.summary.keys()
            for new, old in zip(runs, self.runs, strict=True)
        )

    @cached_property
    def lineage(self) -> str:
        """The revision since which runs only grew; constant while nothing but their rows changes."""
        return self.revision

    @cached_property
    def ids(self) -> list[str]:
        """The id of each run for URLs: its own, or a hash of its path.

        The hash is used where the run's own id is not plain, or another folder, a copy, has it too.
        """
        taken: set[str] = set()
        ids = []
        for run in self.runs:
            name = run.id if _PLAIN.fullmatch(run.id) else _path_hash(run)[:16]
            if name in taken:
                name = f"{name}~{_path_hash(run)[:8]}"
            taken.add(name)
            ids.append(name)
        return ids

    @cached_property
    def index_of(self) -> Mapping[str, int]:
        """The index of a run by its id."""
        return {name: index for index, name in enumerate(self.ids)}

    @cached_property
    def by_id(self) -> Mapping[str, Run]:
        """The runs by id."""
        return dict(zip(self.ids, self.runs, strict=True))

    @cached_property
    def id_of(self) -> Mapping[tuple[int, int], str]:
        """The id of a run by its key."""
        return {run.key: name for name, run in zip(self.ids, self.runs, strict=True)}

    @cached_property
    def id_by_name(self) -> Mapping[tuple[int, str], str]:
        """The id of a run by the number of its data folder and its name."""
        return {(run.key[0], run.name): name for name, run in zip(self.ids, self.runs, strict=True)}

    @cached_property
    def annotations_of_tools(self) -> Mapping[int, Mapping[str, Annotation]]:
        """What tools recorded of their runs, by the number of the data folder and the run's id."""
        by_folder: dict[int, dict[str, Annotation]] = {}
        for run in self.runs:
            if (annotation := annotation_of_tool(run)) is not EMPTY_ANNOTATION:
                by_folder.setdefault(run.key[0], {})[self.id_of[run.key]] = annotation
        return by_folder

    @cached_property
    def present(self) -> list[Run]:
        """The runs that are not superseded."""
        return [run for run in self.runs if not run.superseded]

    @cached_property
    def system_peaks(self) -> list[str]:
        """The system metrics of which some run recorded the highest value."""
        return list(dict.fromkeys(name for run in self.runs for name in run.system_peaks))

    @cached_property
    def live(self) -> list[Run]:
        """The runs recorded as running; whether they are is determined elsewhere."""
        return [run for run in self.runs if run.state == RUNNING]

    @cached_property
    def values(self) -> ParameterTable:
        """The parameters of all runs, by column."""
        return ParameterTable(self.runs)

    @cached_property
    def columns(self) -> RunColumns:
        """The values of all runs by column, for queries."""
        return RunColumns(self.runs, self.values)

    @cached_property
    def numbers(self) -> Codes:
        """A number for each run that identifies it within this snapshot, shape (runs,)."""
        return np.array([run_number(run) for run in self.runs], np.int64)

    @cached_property
    def varying(self) -> dict[str, bool]:
        """The parameters that differ between runs, and whether each run has a unique value."""
        among = self._present_values
        every = len(self.present)
        return {name: among[name].counts.size == every > 2 for name in among.varying()}

    @cached_property
    def _present_values(self) -> ParameterTable:
        return self.values.part(np.array([not run.superseded for run in self.runs], np.bool_))

    @cached_property
    def roles(self) -> Roles:
        """The role of each varying parameter, determined from all runs."""
        among = self._present_values
        return parameter_roles(among, choose_separators(among))

    @cached_property
    def distinguishing(self) -> list[str]:
        """The parameters shown by default: those that differ, except paths and secrets.

        Environments first, seeds last, as in a run's name.
        """
        shown = (ALGORITHM, SEED, ENVIRONMENT)
        names = [name for name in self.varying if self.roles.of.get(name, ALGORITHM) in shown]
        if not names:
            names = list(self.varying)
        return sorted(names, key=lambda name: (environment_rank(name) is None, is_seed(name)))

    @cached_property
    def metrics(self) -> list[str]:
        """All columns with values in some run, the most frequent first."""
        runs_of = Counter(kind_of_columns(run.summary) for run in self.present)
        summaries = {kind_of_columns(run.summary): run.summary for run in reversed(self.present)}
        counts: Counter[str] = Counter()
        for kind, summary in reversed(summaries.items()):
            for name in summary:
                counts[name] += runs_of[kind]
        return [name for name, _ in counts.most_common()]

    @cached_property
    def pair(self) -> tuple[str, str | None]:
        """The x and y columns that a plot would choose; y may be None."""
        having = [run for run in self.present if run.summary]
        having = having[:: max(1, len(having) // _SAMPLE)]
        if not having:
            return ROW, None
        try:
            chosen = choose_pair(self._library, having)
        except ColumnError:  # only counters, or blank columns
            return ROW, None
        return chosen.x, chosen.y

    @cached_property
    def _equal(self) -> list[tuple[str, list[int]]]:
        return equal_groups(self.present, self._library)

    @cached_property
    def duplicates(self) -> list[Duplicates]:
        """Groups of duplicate runs: copies, and segments of one run."""
        return counted_of(self.present, self._equal)[1]

    @cached_property
    def duplicate_of(self) -> Mapping[tuple[int, int], str]:
        """By the key of a duplicate: the id of the run that counts instead."""
        return {
            other.key: self.id_of[group.counted.key] for group in self.duplicates for other in group.others
        }

    @cached_property
    def attempt_of(self) -> Mapping[tuple[int, int], str]:
        """By the key of an earlier attempt: the id of the run that has its name now, if there is one."""
        if len(self.present) == len(self.runs):
            return {}
        names = {(run.key[0], run.name): self.id_of[run.key] for run in self.present}
        newer_ids = {}
        for run in self.runs:
            match = _MOVED_AWAY.fullmatch(run.name.rpartition("/")[2]) if run.superseded else None
            newer = match and names.get((run.key[0], _present_name(run.name, match[1])))
            if newer:
                newer_ids[run.key] = newer
        return newer_ids

    @cached_property
    def known_names(self) -> frozenset[str]:
        """The names that a query may use: parameters, and columns as `last.NAME`."""
        return known_names(self.runs)


def take_snapshot(library: Library) -> Snapshot:
    """The snapshot of the current runs of a library; cached by revision."""
    revision, runs = library.current()

    def make() -> Snapshot:
        before = library.recent.get(_LATEST)
        known = before[0] if before and isinstance(before[0], Snapshot) else None
        snapshot = Snapshot(revision, runs, library, known)
        library.keep(_LATEST, snapshot)
        return snapshot

    return library.get_or_compute(("catalogue", revision), make)


def live_states(library: Library) -> Mapping[tuple[int, int], RunState]:
    """The states, by their keys, of the runs that are recorded as running; looked up at most once a second.

    Looking up a process takes some 50 µs: not for each of many runs in each of many requests.
    """
    snapshot = take_snapshot(library)
    now = int(time.time())
    return library.get_or_compute(
        ("states", snapshot.revision, now), lambda: {run.key: run_state(run, now) for run in snapshot.live}
    )


class StatesNow:
    """The state of each run now; `version` changes when that of any run does."""

    def __init__(self, library: Library) -> None:
        self._states = live_states(library)
        self.version = ",".join(f"{key}{each.state}" for key, each in self._states.items())

    def of(self, run: Run) -> str:
        """running, lost, silent, finished, failed, killed or unknown."""
        live = self._states.get(run.key)
        return live.state if live is not None else run.state or UNKNOWN


def annotation_lookup(library: Library) -> AnnotationLookup:
    """Lookup of a run's annotation, read on its first use.

    That use raises AnnotationError if annotations are unreadable.
    """
    annotations: list[tuple[Mapping[str, Annotation], ...]] = []
    ids: list[Mapping[tuple[int, int], str]] = []

    def lookup(run: Run) -> Annotation:
        if not annotations:
            annotations.append(tuple(store.all() for store in library.annotations))
        own = annotations[0][run.key[0]]
        if not own:
            return annotation_of_tool(run)
        if not ids:  # called for every run: the snapshot is looked up once
            ids.append(take_snapshot(library).id_of)
        return own.get(ids[0].get(run.key, "")) or annotation_of_tool(run)

    return lookup


def _only_grew(before: Sequence[Run], now: Sequence[Run]) -> bool:
    """Whether the runs are the same, with the same names and parameters."""
    return len(before) == len(now) and all(
        new is old
        or (
            (new.key, new.id, new.name, new.identity, new.superseded)
            == (old.key, old.id, old.name, old.identity, old.superseded)
            and new.flat == old.flat
            and new.defaults == old.defaults
            and new.settings == old.settings
            and new.provenance.get("task_id") == old.provenance.get("task_id")
        )
        for new, old in zip(now, before, strict=True)
    )


def _are_settled(before: Sequence[Run], now: Sequence[Run]) -> bool:
    """Whether the runs that grew already had enough rows to choose columns by."""
    return all(new is old or (old.rows or 0) >= _SETTLED_ROWS for new, old in zip(now, before, strict=True))


def _path_hash(run: Run) -> str:
    return sha256(str(run.path))


def _present_name(name: str, last: str) -> str:
    """The original name of a run in a backup folder: `a/b` for `logfile_bk/a/b_<time>-<id>`."""
    folders = name.split("/")[:-1]
    return "/".join([*(folder for folder in folders if not folder.endswith("_bk")), last])
