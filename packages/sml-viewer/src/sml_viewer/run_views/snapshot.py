"""All runs of a library at one moment, with what a list of them asks for: made once for each change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from sml_config.hashing import sha256
from sml_config.run_states import RUNNING
from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.columns.axes import ROW
from sml_viewer.columns.choose import choose_pair
from sml_viewer.errors import ColumnError
from sml_viewer.library import Library
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run
from sml_viewer.naming.environments import choose_separators
from sml_viewer.naming.labels import is_seed
from sml_viewer.naming.parameter_names import environment_rank
from sml_viewer.naming.parameter_roles import ALGORITHM, ENVIRONMENT, SEED, Roles, parameter_roles
from sml_viewer.select.duplicates import Duplicates, counted_of, equal_groups
from sml_viewer.select.query import AnnotationLookup
from sml_viewer.select.query.parser import known_names

# What may stand in an address as it is.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# `<name>_<time>-<first of its id>`: a run that was moved away for a new one of its name.
_MOVED_AWAY = re.compile(r"(.+)_\d{4}(?:-\d\d){5}-[^/]{1,8}", re.DOTALL)
_SAMPLE = 200
_LATEST = "latest catalogue"
# A run of so many rows tells what its columns are: which one is shown is not asked with every row.
_SETTLED_ROWS = 16
# What of a catalogue holds as long as no run comes, goes or gets other parameters, or another column.
_OF_COLUMNS = frozenset({"metrics", "known_names"})
_OF_PARAMETERS = _OF_COLUMNS | {
    "lineage",
    "ids",
    "id_of",
    "id_by_name",
    "values",
    "varying",
    "roles",
    "telling",
    "attempt_of",
}


class Snapshot:
    """The runs in the order of their paths; `ids` are in the same order and all different.

    While runs only grow, what does not depend on their rows is taken over from the catalogue before.
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
        """The revision since which runs only grew; it stays while nothing depends on more than their rows."""
        return self.revision

    @cached_property
    def ids(self) -> list[str]:
        """The id of each run, fit for an address: its own, or one made of its path.

        That is where its own is not plain, or another folder, a copy, has it too.
        """
        taken: set[str] = set()
        found = []
        for run in self.runs:
            name = run.id if _PLAIN.fullmatch(run.id) else _path_hash(run)[:16]
            if name in taken:
                name = f"{name}~{_path_hash(run)[:8]}"
            taken.add(name)
            found.append(name)
        return found

    @cached_property
    def by_id(self) -> Mapping[str, Run]:
        """The runs by their ids."""
        return dict(zip(self.ids, self.runs, strict=True))

    @cached_property
    def id_of(self) -> Mapping[tuple[int, int], str]:
        """The id of a run, by its key."""
        return {run.key: name for name, run in zip(self.ids, self.runs, strict=True)}

    @cached_property
    def id_by_name(self) -> Mapping[tuple[int, str], str]:
        """The id of a run, by its data folder's number and its name."""
        return {(run.key[0], run.name): name for name, run in zip(self.ids, self.runs, strict=True)}

    @cached_property
    def present(self) -> list[Run]:
        """Those that no newer run replaced."""
        return [run for run in self.runs if not run.superseded]

    @cached_property
    def live(self) -> list[Run]:
        """Those that say running: whether they still do is another question."""
        return [run for run in self.runs if run.state == RUNNING]

    @cached_property
    def values(self) -> ParameterTable:
        """The parameters of all runs, by column."""
        return ParameterTable(self.runs)

    @cached_property
    def varying(self) -> dict[str, bool]:
        """The parameters that differ between runs, and whether each run has a value for itself alone."""
        among = ParameterTable(self.present) if len(self.present) < len(self.runs) else self.values
        every = len(self.present)
        return {name: among[name].counts.size == every > 2 for name in among.varying()}

    @cached_property
    def roles(self) -> Roles:
        """What each parameter that varies is, judged over all runs."""
        among = ParameterTable(self.present) if len(self.present) < len(self.runs) else self.values
        return parameter_roles(among, choose_separators(among))

    @cached_property
    def telling(self) -> list[str]:
        """The parameters that a list shows by itself: those that differ, but for places and secrets.

        Sub-figures first, seeds last, as one reads a run's name.
        """
        shown = (ALGORITHM, SEED, ENVIRONMENT)
        telling = [name for name in self.varying if self.roles.of.get(name, ALGORITHM) in shown]
        if not telling:
            telling = list(self.varying)
        return sorted(telling, key=lambda name: (environment_rank(name) is None, is_seed(name)))

    @cached_property
    def metrics(self) -> list[str]:
        """Every column that some run has values in, those that most runs have first."""
        counts = Counter(name for run in self.present for name in run.summary)
        return [name for name, _ in counts.most_common()]

    @cached_property
    def pair(self) -> tuple[str, str | None]:
        """The columns along x and y that a plot of some of the runs would choose; y may be None."""
        having = [run for run in self.present if run.summary]
        having = having[:: max(1, len(having) // _SAMPLE)]
        if not having:
            return ROW, None
        try:
            found = choose_pair(self._library, having)
        except ColumnError:  # nothing but counts, or blanks
            return ROW, None
        return found.x, found.y

    @cached_property
    def _equal(self) -> list[tuple[str, list[int]]]:
        return equal_groups(self.present, self._library)

    @cached_property
    def duplicates(self) -> list[Duplicates]:
        """Groups of runs that are one: copies, and segments of one run."""
        return counted_of(self.present, self._equal)[1]

    @cached_property
    def duplicate_of(self) -> Mapping[tuple[int, int], str]:
        """For the key of a run that does not count: the id of the one that counts in its place."""
        return {other.key: self.id_of[group.kept.key] for group in self.duplicates for other in group.others}

    @cached_property
    def attempt_of(self) -> Mapping[tuple[int, int], str]:
        """For the key of an earlier attempt: the id of the run that took its name, if that is still there."""
        names = {(run.key[0], run.name): self.id_of[run.key] for run in self.present}
        found = {}
        for run in self.runs:
            match = _MOVED_AWAY.fullmatch(run.name.rpartition("/")[2]) if run.superseded else None
            newer = match and names.get((run.key[0], _present_name(run.name, match[1])))
            if newer:
                found[run.key] = newer
        return found

    @cached_property
    def known_names(self) -> frozenset[str]:
        """What a query may ask for: parameters, and columns as `last.NAME`."""
        return known_names(self.runs)


def catalogue(library: Library) -> Snapshot:
    """The runs of a library as they are in its store now."""
    revision, runs = library.current()

    def make() -> Snapshot:
        before = library.recent.get(_LATEST)
        known = before[0] if before and isinstance(before[0], Snapshot) else None
        made = Snapshot(revision, runs, library, known)
        library.keep(_LATEST, made)
        return made

    return library.get_or_compute(("catalogue", revision), make)


def annotation_lookup(library: Library) -> AnnotationLookup:
    """What people said of each run of a library, read when it is first asked.

    Then raises AnnotationError if it cannot be read.
    """
    kept: list[tuple[Mapping[str, Annotation], ...]] = []
    ids: list[Mapping[tuple[int, int], str]] = []

    def said(run: Run) -> Annotation:
        if not kept:
            kept.append(tuple(one.all() for one in library.annotations))
        own = kept[0][run.key[0]]
        if not own:
            return EMPTY_ANNOTATION
        if not ids:  # asked of every run: the catalogue is looked up once
            ids.append(catalogue(library).id_of)
        return own.get(ids[0].get(run.key, ""), EMPTY_ANNOTATION)

    return said


def _only_grew(before: Sequence[Run], now: Sequence[Run]) -> bool:
    """Whether the runs are the same ones, under the same names and with the same parameters."""
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
    """Whether the runs that grew had enough rows before to choose columns by them."""
    return all(new is old or (old.rows or 0) >= _SETTLED_ROWS for new, old in zip(now, before, strict=True))


def _path_hash(run: Run) -> str:
    return sha256(str(run.path))


def _present_name(name: str, last: str) -> str:
    """What a run in a backup folder was called: `logfile_bk/a/b_<time>-<id>` was `a/b`."""
    folders = name.split("/")[:-1]
    return "/".join([*(folder for folder in folders if not folder.endswith("_bk")), last])
