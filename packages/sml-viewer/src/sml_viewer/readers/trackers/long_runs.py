"""The runs of tables in long form: each a run of its own, with what tells it apart as parameters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sml_config.run_folder import TABLE
from sml_viewer.model.table_names import named_as_table
from sml_viewer.readers.base import Description, Listing, Rows, RunInFile, TableData, TableState
from sml_viewer.readers.file_io import State, state_at
from sml_viewer.readers.plain_values import value_of
from sml_viewer.readers.text_tables.long_table import has_run_columns, holds_runs, runs_in

_ENDINGS = (".csv", ".tsv")
_HEAD = 4_096
# Names of tables of one run only beside another.
_ANY = frozenset(["results.csv", "train.csv", "eval.csv", "learning.csv"])
# More tables than that in one folder are a data set.
_MOST_TABLES = 64


class LongTableReader:
    """A run is what has one value in the columns of `algo`, `seed` and the like."""

    name = "long_table"
    title = "a table with the rows of several runs"
    companions: tuple[str, ...] = ()
    endings = _ENDINGS

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The tables whose columns tell several runs with the same steps apart."""
        if TABLE in listing.files:
            return ()  # a run folder, and no file of it is opened for more
        names = sorted(name for name in listing.files if name.lower().endswith(_ENDINGS))
        if len(names) > _MOST_TABLES:
            return ()
        return tuple(
            name
            for name in names
            if (name in _ANY or not named_as_table(name))
            and has_run_columns(listing.head(name, _HEAD))
            and holds_runs(f"{listing.path}/{name}")
        )

    def state(self, path: str) -> State:
        """The state of the file."""
        return state_at(path)

    def runs(self, path: str) -> Sequence[RunInFile]:
        """The runs, in the order of their first rows."""
        table = Path(path).stem
        return [
            RunInFile(name, f"{table}/{name}", repr(sorted(run.settings.items())))
            for name, run in runs_in(path, state_at(path)).items()
        ]

    def read_run(self, path: str, run: str, state: TableState) -> TableData:
        """All rows of a run, if the file changed."""
        now = state_at(path)
        cursor = repr(now)
        after = TableState(now[0], now[1], cursor=cursor)
        if state.cursor == cursor:
            return TableData(after, appended=True)
        long_run = runs_in(path, now).get(run)
        if long_run is None:
            return TableData(after)
        return TableData(after, pieces=(Rows(long_run.rows, dict(long_run.columns), long_run.notes),))

    def describe_run(self, path: str, run: str) -> Description:
        """The values that tell the run apart, and other texts that are the same in all its rows."""
        long_run = runs_in(path, state_at(path)).get(run)
        settings = {} if long_run is None else long_run.settings
        return Description({name: value_of(text) for name, text in settings.items() if text})
