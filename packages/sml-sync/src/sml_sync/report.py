"""Reports of a transfer, as data and as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from sml_config.text import printable

# In the order of a summary; "would be" is of a dry run.
Action = Literal[
    "sent",
    "would be sent",
    "appended",
    "would be appended",
    "unchanged",
    "removed",
    "would be removed",
    "left out",
    "failed",
]


class FileReport(NamedTuple):
    """Result of one file; `bytes` are those transferred, or to be transferred after a dry run.

    `verified`: the remote file was checked after the transfer, or is unchanged since the last one.
    """

    path: str
    action: Action
    bytes: int = 0
    verified: bool = False
    note: str = ""


class TargetReport(NamedTuple):
    """Result of one target."""

    target: str
    ok: bool
    outcome: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.target}: {self.outcome}"


@dataclass(frozen=True)
class SyncReport:
    """Result of a transfer, per file and per target; `ok` if everything arrived."""

    ok: bool
    remote_path: str
    files: tuple[FileReport, ...] = ()
    targets: tuple[TargetReport, ...] = ()
    # For the user: a run that was moved, a remote file that was kept aside.
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes of files that were transferred."""
        return sum(file.bytes for file in self.files)

    @property
    def counts(self) -> Counter[str]:
        """Number of files by their result."""
        return Counter(file.action for file in self.files)

    def summary(self, destination: str) -> str:
        """One line about all files."""
        counts = self.counts
        words = [f"{counts[name]} {name}" for name in get_args(Action) if counts[name] and name != "left out"]
        return f"{', '.join(words) or 'no files'}; {size(self.bytes)} to {destination}"

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """The files that did not arrive."""
        return tuple(file for file in self.files if file.action == "failed")

    @property
    def text(self) -> str:
        """A few lines: the targets tried, notes, files that failed."""
        lines = [str(target) for target in self.targets]
        lines += self.notes
        failed = self.failed
        lines += [f"not sent: {file.path}: {file.note}" for file in failed[:_MOST_LINES]]
        if len(failed) > _MOST_LINES:
            lines.append(f"not sent: {len(failed) - _MOST_LINES} more files")
        return "\n".join(map(printable, lines))


def size(number: int) -> str:
    """A number of bytes for people, such as 1.5 MB."""
    value = float(number)
    for unit in ("bytes", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"


_MOST_LINES = 10
