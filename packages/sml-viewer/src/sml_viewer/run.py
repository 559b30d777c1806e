"""A run as the stages after the store know it: everything but its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Summary(NamedTuple):
    """One column of a run: its last value, its least and largest, how many there are.

    None while not yet read.
    """

    last: float
    low: float | None = None
    high: float | None = None
    values: int | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """One run: who it is, what it was given, what is known of its table.

    `parameters` are as written, `flat` has nested names joined by dots, `defaults` what an old run would have
    taken. `identity` is equal for equal, non-empty parameters, None without any. `rows` is None until the
    table was read. `modified` and `heartbeat` are seconds since the epoch. `notes` say what was skipped,
    repaired or guessed. `superseded` runs were replaced by a newer one of the same name, and are never
    counted.
    """

    id: str
    path: Path
    name: str
    parameters: Mapping[str, Any]
    flat: Mapping[str, Any]
    identity: str | None
    summary: Mapping[str, Summary]
    rows: int | None
    state: str | None
    modified: float
    notes: tuple[str, ...]
    key: tuple[int, int] = (0, 0)
    version: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    parameter_file: str | None = None
    tables: tuple[str, ...] = ()
    inside: str | None = None
    superseded: bool = False
    # Columns that were given another name: the new one, and the one in the file.
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> dict[str, float]:
        """The last value of each column that has one."""
        return {name: column.last for name, column in self.summary.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns with at least one value."""
        return tuple(self.summary)

    @property
    def host(self) -> str | None:
        """The machine that the run was on."""
        host = self.provenance.get("host")
        return None if host is None else str(host)

    @property
    def finished(self) -> bool:
        """Whether the run says that it came to its end.

        A foreign run, which says nothing, counts as finished.
        """
        return self.state in (None, "finished")

    def parameter(self, name: str) -> Any:
        """The value of a parameter; its recorded default where the run was not given it.

        None if neither is there.
        """
        if name in self.flat:
            return self.flat[name]
        return self.defaults.get(name)
