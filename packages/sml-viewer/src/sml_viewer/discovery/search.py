"""How much one search for runs read, in words."""

from __future__ import annotations

from typing import NamedTuple

from sml_viewer.i18n import Message

# A search of so many folders is slow enough to say so.
_MANY_FOLDERS = 20_000
# A search of fewer goes without saying.
_NOTABLE_FOLDERS = 1_000
# So many names of folders that were left out are shown.
_MOST_NAMED = 5
_LONGEST_SHOWN = 200


class Search(NamedTuple):
    """What one search for runs read: numbers of files and folders, and its seconds.

    `left_out` are the names of folders that were not searched, the most frequent first; `closed` the first
    paths of folders that could not be read.
    """

    files: int
    folders: int
    seconds: float
    left_out: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def is_large(self) -> bool:
        """Whether it read so many folders that a folder further down should be named."""
        return self.folders >= _MANY_FOLDERS

    @property
    def is_notable(self) -> bool:
        """Whether it read more than the folders of some runs."""
        return self.folders >= _NOTABLE_FOLDERS

    @property
    def message(self) -> Message:
        """`50,050 files in 5,153 folders searched in 0.2 s; .git, node_modules left out`."""
        text = Message(
            "{files} in {folders} searched in {seconds:.1f} s",
            files=Message("{n:,} file(s)", n=self.files),
            folders=Message("{n:,} folder(s)", n=self.folders),
            seconds=self.seconds,
        )
        names = [printable(name[:_LONGEST_SHOWN]) for name in self.left_out[:_MOST_NAMED]]
        names += ["…"] * (len(self.left_out) > _MOST_NAMED)
        if not names:
            return text
        return Message("{what}; {names} left out", what=text, names=", ".join(names))

    def __str__(self) -> str:
        return self.message


def printable(path: str) -> str:
    """A path on one line of a terminal, whatever somebody put into a name."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in path)
