"""A run folder as it lies on disk, before anything in it was read."""

from __future__ import annotations

from dataclasses import dataclass

from sml_config.run_folder import CONFIG, RUN_CONFIG, TABLE


@dataclass(frozen=True)
class DiscoveredRun:
    """A run folder as it lies on disk.

    `tables` are file names, the main one first; `parameters` are relative paths, the most trusted first;
    `superseded` says that a newer run took the name and this one was put into the backup folder. `part` is
    the table of a run that is one of several in its folder; `overrides` is the file that lists what Hydra
    varied. `reader` is the name of the reader that opened the folder, None for that of text tables. `further`
    are tables of other readers, by their names, with columns besides; `notes` say what else lies there.
    """

    path: str
    name: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    run_config: str | None = None
    status: str | None = None
    inside: str | None = None
    superseded: bool = False
    part: str | None = None
    overrides: str | None = None
    reader: str | None = None
    further: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells this run from all others: its folder, or its table where that holds several."""
        return self.path if self.part is None else f"{self.path}/{self.part}"

    @property
    def own(self) -> bool:
        """Whether sml_logger wrote the folder."""
        return self.run_config == f"{CONFIG}/{RUN_CONFIG}" and self.tables[:1] == (TABLE,)
