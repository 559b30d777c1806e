"""Diff the archived code of two runs; runs in the archive worker."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sml_config.redaction import Redactor
from sml_config.run_folder import OLDER_ARCHIVE_ROOT
from sml_viewer.archives.reading import UNREADABLE_ARCHIVE, TooLargeError, archive_fault, members_of, open_tar
from sml_viewer.i18n import Message
from sml_viewer.model.text import is_text

from .schemas import FileDifference

_MOST_FILE = 400_000
_MOST_LINES = 20_000
_MOST_DIFF = 200_000
_MOST_FILES = 5_000
_TOO_LONG = Message("too long to be shown with the others; ask for this file alone")


@dataclass(frozen=True)
class Member:
    """A file of an archive; `content` is None if it is too large for a diff."""

    size: int
    digest: str
    content: bytes | None


Code = Mapping[str, Member]


def read_code(file: BinaryIO, redactor: Redactor) -> Code:
    """The files of a code archive, secrets masked. Raises ValueError if it is unreadable or too large."""
    files: dict[str, Member] = {}
    try:
        with open_tar(file) as archive:
            for member in members_of(archive):
                source = archive.extractfile(member) if member.isfile() else None
                if source is None:
                    continue
                if len(files) >= _MOST_FILES:
                    raise TooLargeError(Message("more than {most} files", most=_MOST_FILES))
                data = redactor.data(source.read())[0]
                name = member.name.removeprefix("./")
                content = data if len(data) <= _MOST_FILE else None
                files[name] = Member(len(data), hashlib.sha256(data).hexdigest(), content)
    except TooLargeError:
        raise
    except (*UNREADABLE_ARCHIVE, RecursionError) as error:
        raise ValueError(Message("cannot be read: {reason}", reason=archive_fault(error))) from error
    top = f"{OLDER_ARCHIVE_ROOT}/"
    if all(name.startswith(top) for name in files):
        return {name.removeprefix(top): member for name, member in files.items()}
    return files


def differences(first: Code, second: Code, only: str | None = None) -> list[FileDifference]:
    """The files that differ, by name, with unified diffs up to a total length.

    With `only` just that file, with a larger limit.
    """
    listed: list[FileDifference] = []
    left = _MOST_DIFF if only is None else 100 * _MOST_DIFF
    for name in sorted({*first, *second}):
        old, new = first.get(name), second.get(name)
        if (only is not None and name != only) or (old and new and old.digest == new.digest):
            continue
        row = _difference(name, old, new)
        text = row["diff"]
        if text is not None and len(text) > left:
            row["diff"], row["note"] = None, _TOO_LONG
        elif text is not None:
            left -= len(text)
        listed.append(row)
    return listed


def _difference(name: str, old: Member | None, new: Member | None) -> FileDifference:
    row: FileDifference = {
        "name": name,
        "change": "added" if old is None else "removed" if new is None else "changed",
        "added": None,
        "removed": None,
        "diff": None,
        "note": None,
    }
    sides = [b"" if side is None else side.content for side in (old, new)]
    if any(side is None for side in sides):
        return {**row, "note": Message("larger than {most} KB", most=_MOST_FILE // 1000)}
    texts = [side or b"" for side in sides]
    if not all(map(is_text, texts)):
        return {**row, "note": Message("not a text")}
    lines = [side.decode("utf-8", "replace").splitlines() for side in texts]
    if max(map(len, lines)) > _MOST_LINES:
        return {**row, "note": Message("more than {most} lines", most=_MOST_LINES)}
    before, after = lines
    diff = list(difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm=""))
    return {
        **row,
        "added": sum(line.startswith("+") for line in diff[2:]),
        "removed": sum(line.startswith("-") for line in diff[2:]),
        "diff": "\n".join(diff),
    }
