"""Annotations of runs: tags, a note, a hidden flag; saved as JSON in the workspace, not in run folders."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sml_config.hashing import short_hash
from sml_config.run_folder import write_atomic
from sml_viewer.fileio import reason_of

from .errors import AnnotationError
from .fileio import locked
from .i18n import Message, brief
from .model.run import Run
from .readers.metadata import LONGEST_NOTE, LONGEST_TAG

_FOLDER = "annotations"
_VERSION = 1
_MOST_TAGS = 50
# Of all runs below one folder together: every listing reads them, and every change writes them.
_LONGEST_NOTES = 2_000_000


Stamp = tuple[int, int, int]


class Annotation(NamedTuple):
    """The annotation of one run; `tags` are sorted."""

    tags: tuple[str, ...] = ()
    note: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Change:
    """A change to the annotations of some runs; None leaves a field unchanged."""

    ids: tuple[str, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    note: str | None = None
    hidden: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "add", tuple(map(_good_tag, self.add)))
        if self.note is not None and len(self.note) > LONGEST_NOTE:
            raise AnnotationError(
                Message(
                    "the note has {n} characters; expected at most {most}",
                    n=len(self.note),
                    most=LONGEST_NOTE,
                )
            )

    def applied(self, old: Annotation) -> Annotation:
        """The annotation after the change."""
        tags = tuple(sorted((set(old.tags) | set(self.add)) - set(self.remove)))
        if len(tags) > _MOST_TAGS:
            raise AnnotationError(
                Message("{n} tags; expected at most {most} per run", n=len(tags), most=_MOST_TAGS)
            )
        return Annotation(
            tags,
            old.note if self.note is None else self.note,
            old.hidden if self.hidden is None else self.hidden,
        )


EMPTY_ANNOTATION = Annotation()


class Annotations:
    """The annotations of the runs below one folder, by the runs' ids.

    Several processes may change them; each change is a read, update and write under a lock.
    """

    def __init__(self, workspace: Path, root: Path) -> None:
        self._root = root
        digest = short_hash(os.path.realpath(root), 16)
        self._path = workspace / _FOLDER / f"{digest}.json"
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._annotations: Mapping[str, Annotation] = {}

    @property
    def stamp(self) -> Stamp:
        """Changes with the annotations; costs one `stat`."""
        try:
            status = os.stat(self._path)  # noqa: PTH116  called with every listing
        except OSError:
            return (0, 0, 0)
        return (status.st_ino, status.st_size, status.st_mtime_ns)

    def all(self) -> Mapping[str, Annotation]:
        """The annotations by run id. Raises AnnotationError if the file cannot be read."""
        with self._lock:
            stamp = self.stamp
            if stamp != self._stamp:
                self._annotations = _read(self._path)
                self._stamp = stamp
            return self._annotations

    def change(
        self, changes: Sequence[Change], defaults: Mapping[str, Annotation] = MappingProxyType({})
    ) -> list[Change]:
        """Apply the changes in order, all or none; returns the changes that undo them.

        `defaults` are the annotations of runs of which none is saved here. Raises AnnotationError if the
        changes cannot be saved.
        """

        def default(name: str) -> Annotation:
            return defaults.get(name, EMPTY_ANNOTATION)

        try:
            with locked(self._path, AnnotationError):
                before = dict(_read(self._path))
                after = dict(before)
                for change in changes:
                    for name in change.ids:
                        after[name] = change.applied(after.get(name, default(name)))
                changed = [name for name in after if after[name] != before.get(name, default(name))]
                if changed:
                    _check_size(before, after)
                    self._write(
                        {
                            name: annotation
                            for name, annotation in after.items()
                            if annotation != default(name)
                        }
                    )
        except OSError as error:
            raise AnnotationError(
                Message(
                    "{path}: {reason}; nothing was changed. Choose another workspace with -wks",
                    path=self._path,
                    reason=reason_of(error),
                )
            ) from error
        return _undo({name: (before.get(name, default(name)), after[name]) for name in changed})

    def _write(self, annotations: Mapping[str, Annotation]) -> None:
        content = {
            "version": _VERSION,
            "folder": str(self._root),
            "runs": {
                name: {"tags": list(annotation.tags), "note": annotation.note, "hidden": annotation.hidden}
                for name, annotation in sorted(annotations.items())
            },
        }
        text = json.dumps(content, indent=1, ensure_ascii=False)
        write_atomic(self._path, (text + "\n").encode("utf-8", "backslashreplace"))


def _read(path: Path) -> dict[str, Annotation]:
    """Read the file. A damaged one is an error, never taken for empty: it holds what the user wrote."""
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        if content["version"] > _VERSION:
            raise AnnotationError(
                Message("{path} was written by a newer sml-viewer; upgrade this one", path=path)
            )
        return {str(name): _annotation(entry) for name, entry in content["runs"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnnotationError(
            Message(
                "{path}, which holds your tags and notes, cannot be read ({reason}); "
                "repair it or move it away",
                path=path,
                reason=reason_of(error),
            )
        ) from error


def _annotation(content: Mapping[str, Any]) -> Annotation:
    tags = tuple(sorted(str(tag) for tag in content.get("tags", ())))
    return Annotation(tags, str(content.get("note", "")), bool(content.get("hidden")))


def _good_tag(tag: str) -> str:
    tag = " ".join(tag.split())
    if not tag or len(tag) > LONGEST_TAG or not tag.isprintable():
        raise AnnotationError(
            Message(
                "invalid tag {tag}; expected 1 to {most} printable characters",
                tag=brief(tag),
                most=LONGEST_TAG,
            )
        )
    return tag


def _check_size(before: Mapping[str, Annotation], after: Mapping[str, Annotation]) -> None:
    """Raise AnnotationError if all notes together are too long; shrinking is always allowed."""
    size, was = (
        sum(len(annotation.note) for annotation in annotations.values()) for annotations in (after, before)
    )
    if size > max(was, _LONGEST_NOTES):
        raise AnnotationError(
            Message(
                "the notes of all runs would have {n} characters together; expected at most {most}",
                n=size,
                most=_LONGEST_NOTES,
            )
        )


def _undo(changed: Mapping[str, tuple[Annotation, Annotation]]) -> list[Change]:
    """The changes that restore the annotations, one for all runs with the same difference."""
    groups: dict[Change, list[str]] = {}
    for name, (before, after) in changed.items():
        back = Change(
            (),
            tuple(sorted(set(before.tags) - set(after.tags))),
            tuple(sorted(set(after.tags) - set(before.tags))),
            before.note if before.note != after.note else None,
            before.hidden if before.hidden != after.hidden else None,
        )
        groups.setdefault(back, []).append(name)
    return [replace(back, ids=tuple(names)) for back, names in groups.items()]


def annotation_of_tool(run: Run) -> Annotation:
    """What the run's tool recorded, which holds while nothing is saved here for the run."""
    if not run.labels and not run.note:
        return EMPTY_ANNOTATION
    return Annotation(tuple(sorted(run.labels)), run.note)


def tag_counts(annotations: Iterable[Annotation]) -> dict[str, int]:
    """The number of runs per tag, sorted by tag."""
    counts: dict[str, int] = {}
    for annotation in annotations:
        for tag in annotation.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return dict(sorted(counts.items()))
