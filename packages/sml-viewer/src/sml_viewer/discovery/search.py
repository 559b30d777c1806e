"""How much one search for runs read, in words."""

from __future__ import annotations

from dataclasses import dataclass

# A search of so many folders is slow enough to say so.
_MANY_FOLDERS = 20_000
# A search of fewer goes without saying.
_NOTABLE_FOLDERS = 1_000
# So many names of folders that were left out are shown.
_MOST_NAMED = 5
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Search:
    """What one search for runs read: numbers of files and folders, and its seconds.

    `left_out` are the names of folders that were not searched, the most frequent first.
    """

    files: int
    folders: int
    seconds: float
    left_out: tuple[str, ...] = ()

    @property
    def is_large(self) -> bool:
        """Whether it read so many folders that a folder further down should be named."""
        return self.folders >= _MANY_FOLDERS

    @property
    def is_notable(self) -> bool:
        """Whether it read more than the folders of some runs."""
        return self.folders >= _NOTABLE_FOLDERS

    def __str__(self) -> str:
        files, folders = _counted(self.files, "file"), _counted(self.folders, "folder")
        names = [printable(name[:_LONGEST_SHOWN]) for name in self.left_out[:_MOST_NAMED]]
        names += ["…"] * (len(self.left_out) > _MOST_NAMED)
        left_out = f"; {', '.join(names)} left out" if names else ""
        return f"{files} in {folders} searched in {self.seconds:.1f} s{left_out}"


def printable(path: str) -> str:
    """A path on one line of a terminal, whatever somebody put into a name."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in path)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
