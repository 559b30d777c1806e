"""`sml-config modify-config` and `modify-csv`: edit the files of many runs.

All files are first read and edited in memory; if one of them has a fault, nothing is written. Files are
replaced atomically, and the original is kept beside them (`parameter.json.bak`).
"""

from __future__ import annotations

import csv
import fnmatch
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sml_config.errors import Fault, nearest
from sml_config.run_folder import PARAMETERS, TABLE, RunFolder, is_temporary, read_json, write_atomic
from sml_config.run_states import RUNNING
from sml_config.values import canonical, to_json


@dataclass(frozen=True)
class Change:
    """The edit of one file."""

    path: Path
    descriptions: tuple[str, ...]
    content: bytes


@dataclass(frozen=True)
class Changes:
    """The planned edits, the number of files examined, and faults."""

    file_count: int
    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    # About requested names that no file has.
    notes: tuple[str, ...] = ()

    def apply(self, *, backup: bool = True) -> list[Path]:
        """Write all changes; returns the backups."""
        backups = [_back_up(change.path) for change in self.changes] if backup else []
        for change in self.changes:
            mode = change.path.stat().st_mode
            write_atomic(change.path, change.content)
            change.path.chmod(mode)
        return backups


@dataclass(frozen=True)
class ConfigEdit:
    """An edit of the keys of a `parameter.json`: rename, delete, then set."""

    set: Mapping[str, Any] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    delete: Sequence[str] = ()
    # Only files whose values match all of these patterns.
    where: Mapping[str, str] = field(default_factory=dict)
    # Set only existing keys.
    only_existing: bool = False

    @property
    def required_names(self) -> list[str]:
        """Keys that the files should have."""
        names = [*self.where, *self.rename, *self.delete, *(self.set if self.only_existing else ())]
        return [name for name in names if name not in self.rename.values()]

    def applied(self, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The edited parameters, and descriptions of the edits. Raises ValueError if a new name exists."""
        if not all(
            name in values and fnmatch.fnmatchcase(_text(values[name]), pattern)
            for name, pattern in self.where.items()
        ):
            return values, []
        descriptions: list[str] = []
        for old, new in self.rename.items():
            if old not in values or old == new:
                continue
            if new in values:
                raise ValueError(f"cannot rename {old}: {new} already exists")
            values = {new if name == old else name: value for name, value in values.items()}
            descriptions.append(f"{old} -> {new}")
        for name in self.delete:
            if name in values:
                descriptions += [f"{name} removed, was {_text(values[name])}"]
                values = {key: value for key, value in values.items() if key != name}
        for name, value in self.set.items():
            if name not in values and not self.only_existing:
                descriptions += [f"{name}: new, {_text(value)}"]
            elif name in values and canonical(values[name]) != canonical(value):
                descriptions += [f"{name}: {_text(values[name])} -> {_text(value)}"]
            else:
                continue
            values = {**values, name: value}
        return values, descriptions


@dataclass(frozen=True)
class TableEdit:
    """An edit of the columns of a `progress.csv`: rename, then copy to a new or existing column."""

    rename: Mapping[str, str] = field(default_factory=dict)
    copy: Mapping[str, str] = field(default_factory=dict)

    @property
    def required_names(self) -> list[str]:
        """Columns that the files should have."""
        created = {*self.rename.values(), *self.copy.values()}
        return [name for name in (*self.rename, *self.copy) if name not in created]

    def applied(self, rows: list[list[str]]) -> tuple[list[list[str]], list[str]]:
        """The edited table, and descriptions of the edits. Raises ValueError if a new name exists."""
        header, body, descriptions = list(rows[0]), rows[1:], []
        for old, new in self.rename.items():
            if old not in header or old == new:
                continue
            if new in header:
                raise ValueError(f"cannot rename column {old}: {new} already exists")
            header[header.index(old)] = new
            descriptions.append(f"{old} -> {new}")
        for source, target in self.copy.items():
            if source in header and source != target:
                header, body = _copied(header, body, source, target)
                descriptions.append(f"{source} copied to {target}")
        return [header, *body], descriptions


def modify_config(root: Path, edit: ConfigEdit) -> Changes:
    """Plan an edit of all `parameter.json` files below a folder, or of one file."""
    names: set[str] = set()

    def changed(_: Path, text: str) -> tuple[str, list[str]]:
        values = _object(json.loads(text))
        names.update(values)
        values, descriptions = edit.applied(values)
        return to_json(values), descriptions

    return _with_notes(_plan(root, PARAMETERS, changed), edit.required_names, names)


def modify_csv(root: Path, edit: TableEdit, *, force: bool = False) -> Changes:
    """Plan an edit of all `progress.csv` files below a folder, or of one file.

    A table that a run is writing is a fault unless `force` is set.
    """
    names: set[str] = set()

    def changed(path: Path, text: str) -> tuple[str, list[str]]:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        names.update(*rows[:1])
        after, descriptions = edit.applied(rows) if rows else (rows, [])
        if descriptions and not force and _is_running(path.parent):
            raise ValueError("a run is writing this table; wait until it ends, or add --force")
        return _csv_text(after, text), descriptions

    return _with_notes(_plan(root, TABLE, changed), edit.required_names, names)


def _with_notes(changes: Changes, required_names: Sequence[str], existing: set[str]) -> Changes:
    """Add a note for each required name that no file has."""
    notes = []
    for name in required_names:
        if existing and name not in existing:
            near = nearest(name, sorted(existing))
            hint = f"did you mean {near}?" if near else f"known: {', '.join(sorted(existing))}"
            notes.append(f"no file has {name}; {hint}")
    return replace(changes, notes=tuple(notes))


def _object(values: Any) -> dict[str, Any]:
    if isinstance(values, dict):
        return values
    raise ValueError("not a JSON object")


def _is_running(run: Path) -> bool:
    status = read_json(RunFolder(run).status)
    return isinstance(status, dict) and RUNNING in (status.get("state"), status.get("status"))


def _copied(
    header: list[str], body: list[list[str]], source: str, target: str
) -> tuple[list[str], list[list[str]]]:
    """Copy the cells of one column to another; shorter rows are padded with blanks."""
    take = header.index(source)
    put = header.index(target) if target in header else len(header)
    header = header if target in header else [*header, target]
    rows = []
    for row in body:
        full = [*row, *[""] * (max(take, put) + 1 - len(row))] if row else row
        rows.append([*full[:put], full[take], *full[put + 1 :]] if full else full)
    return header, rows


def _csv_text(rows: list[list[str]], original: str) -> str:
    """The table as CSV, with the original's line ends."""
    ending = "\r\n" if "\r\n" in original.split("\n", 1)[0] + "\n" else "\n"
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=ending).writerows(rows)
    text = out.getvalue()
    return text if original.endswith(("\n", "\r")) else text.removesuffix(ending)


def _plan(root: Path, name: str, changed: Callable[[Path, str], tuple[str, list[str]]]) -> Changes:
    changes: list[Change] = []
    faults: list[Fault] = []
    paths = list(_files(root, name))
    for path in paths:
        try:
            data = path.read_bytes()
            mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
            text, descriptions = changed(path, data[len(mark) :].decode("utf-8"))
            if descriptions:
                changes.append(Change(path, tuple(descriptions), mark + text.encode("utf-8")))
        except json.JSONDecodeError as error:
            faults.append(Fault(str(path), error.lineno, f"not valid JSON: {error.msg}"))
        except UnicodeDecodeError:
            faults.append(Fault(str(path), None, "not UTF-8 text; save the file as UTF-8"))
        except (ValueError, csv.Error, OSError, RecursionError) as error:
            faults.append(Fault(str(path), None, str(error)))
    return Changes(len(paths), tuple(changes), tuple(faults))


def _files(root: Path, name: str) -> Iterator[Path]:
    """Files of this name below a folder, or the file itself; hidden and temporary folders are skipped."""
    if root.is_file():
        yield root
        return
    for folder, below, names in os.walk(root):
        below[:] = sorted(item for item in below if not item.startswith(".") and not is_temporary(item))
        if name in names:
            yield Path(folder) / name


def _back_up(path: Path) -> Path:
    """Copy a file to the first unused backup name beside it."""
    number = 0
    while True:
        backup = path.with_name(path.name + (f".bak{number}" if number else ".bak"))
        if not backup.exists():
            shutil.copy2(path, backup)
            return backup
        number += 1


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
