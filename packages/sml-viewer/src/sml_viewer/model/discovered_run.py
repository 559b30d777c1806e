"""A run folder found by discovery, before its files are read."""

from __future__ import annotations

from typing import NamedTuple

from sml_config.run_folder import CONFIG, RUN_CONFIG, TABLE


class OtherLog(NamedTuple):
    """What another tracker logged of a run: its reader's name, its folder from the run's, and its tables."""

    reader: str
    folder: str
    tables: tuple[str, ...]
    run_in_file: str | None = None


class DiscoveredRun(NamedTuple):
    """A run folder found by discovery.

    `tables` are file names, the main one first; `parameters` are relative paths, the most trusted first;
    `superseded` runs were moved to the backup folder by a newer run of the same name. `part` is the table of
    a run that is one of several in its folder; `overrides` is the file with the parameters that Hydra varied.
    `reader` is the name of the reader that opened the folder, None for text tables. `further` are
    tables of other readers, by their names, with additional columns; `notes` name what else the folder holds.
    `others` are logs of the same run whose rows are not read, only its state, tags and notes.
    A run in a file that holds many has that file as its table, and its id in it as `run_in_file`; `revision`
    changes with what the file says of it.
    """

    path: str
    name: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    run_config: str | None = None
    status: str | None = None
    parent_run: str | None = None
    superseded: bool = False
    part: str | None = None
    overrides: str | None = None
    reader: str | None = None
    further: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[OtherLog, ...] = ()
    run_in_file: str | None = None
    revision: str | None = None

    @property
    def key(self) -> str:
        """The unique key of this run: its folder, or its table if the folder has several runs."""
        return self.path if self.part is None else f"{self.path}/{self.part}"

    @property
    def own(self) -> bool:
        """Whether sml_logger wrote the folder."""
        return self.run_config == f"{CONFIG}/{RUN_CONFIG}" and self.tables[:1] == (TABLE,)
