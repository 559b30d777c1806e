"""The named configurations of a workspace: a JSON file each, none lost when two people change one."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sml_config.hashing import short_hash
from sml_config.run_folder import read_json, write_whole
from sml_viewer.errors import ConfigurationChangedError, ConfigurationError, OptionError
from sml_viewer.fileio import locked, write_new

from .older_workspace import (
    as_written_now,
    files_by_name,
    last_configuration,
    looks_of_old,
    older_configurations,
    with_moved_folders,
)
from .plot_config import Configuration, from_json

_FOLDER = "configurations"
_DELETED = ".deleted"
# Names of an older tool's configurations that were deleted or renamed here: its own files stay.
_GONE = ".gone.json"
_OPENED = ".opened.json"
# What everybody sees before anything was kept.
_FIRST = "default"
# With the recycle bin's time behind it, and as a temporary file, it is still a file's name.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Kept:
    """A configuration as it is kept: `revision` changes with its file; `old` if an older tool wrote it."""

    name: str
    configuration: Configuration
    revision: str
    old: bool


class Configurations:
    """The named configurations of a workspace.

    Those of an older tool's workspace can be opened too; an own one hides an older tool's of the same name.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._folder = workspace / _FOLDER

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self.files(), *self._older()})

    def files(self) -> dict[str, Path]:
        """The own configurations' files by name."""
        return files_by_name(self._folder)

    def opened_last(self, user: str | None) -> str | None:
        """The configuration that a user had open last, here or in the older tool; None if there is none."""
        user = user or ""
        kept = read_json(self._folder / _OPENED)
        name = kept.get(user) if isinstance(kept, dict) else None
        names = [*self.names(), _FIRST]
        return next((one for one in (name, last_configuration(self._workspace, user)) if one in names), None)

    def remember_opened(self, user: str | None, name: str) -> None:
        """Remember what a user opened; nothing is lost where that cannot be written."""
        if self.opened_last(user) != name and name in (*self.names(), _FIRST):
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                kept = read_json(self._folder / _OPENED)
                known = kept if isinstance(kept, dict) else {}
                write_whole(self._folder / _OPENED, json.dumps({**known, user or "": name}))

    def _older(self) -> dict[str, Path]:
        found = older_configurations(self._workspace)
        gone = self._gone() if found else []
        return {name: path for name, path in found.items() if name not in gone}

    def _gone(self) -> list[str]:
        content = read_json(self._folder / _GONE)
        return content if isinstance(content, list) else []

    def _forget_older(self, name: str) -> None:
        if name in self._older():
            write_whole(self._folder / _GONE, json.dumps([*self._gone(), name]))

    def load(self, name: str) -> Configuration:
        """A configuration by name. Raises ConfigurationError if there is none or it cannot be read."""
        return self.open(name).configuration

    def open(self, name: str) -> Kept:
        """A configuration with its revision. Raises ConfigurationError if there is none to be read."""
        path, old = self._file(name)
        if path is None:
            there = ", ".join(self.names()) or "none yet"
            raise ConfigurationError(f"no configuration named {name!r}; there are: {there}")
        try:
            content = path.read_bytes()
            written = json.loads(content.decode("utf-8-sig"))
            configuration = self._of_older(written) if old else from_json(written)
        except (OSError, ValueError, OptionError) as error:
            raise ConfigurationError(f"configuration {name!r}: {path}: {error}") from error
        return Kept(name, configuration, _revision(content), old)

    def _of_older(self, written: Any) -> Configuration:
        """What an older tool wrote; it drew in sizes of its own, whether they are written in it or not."""
        if not isinstance(written, Mapping):
            return from_json(written)
        values, notes = as_written_now(written)
        values, moved = with_moved_folders(values, self._workspace)
        found = from_json(values, lenient=True)
        return replace(found, values={**looks_of_old(), **found.values}, notes=(*found.notes, *notes, *moved))

    def save(self, name: str, configuration: Configuration, revision: str | None = None) -> Path:
        """Keep a configuration, whole or not at all; returns its file. An older tool's file stays.

        With `revision`, that which it was opened with ("" for a new name), raises ConfigurationChangedError
        if somebody saved in between. Without it, what was there is put into the recycle bin.
        """
        with self._held():
            if revision is None:
                self._keep_copy(name)
            elif revision != self.revision(name):
                raise ConfigurationChangedError(name)
            return self._write(name, configuration)

    def revision(self, name: str) -> str:
        """What changes with the file of a configuration; "" if there is none."""
        path, _ = self._file(name)
        return "" if path is None else _revision(path.read_bytes())

    def copy(self, name: str, new: str, changes: Mapping[str, Any] | None = None) -> None:
        """A configuration under another name, with some options changed. Raises ConfigurationError."""
        with self._held():
            self._copy(name, new, changes or {})

    def rename(self, old: str, new: str) -> None:
        """Give a configuration another name. Raises ConfigurationError if that is taken."""
        with self._held():
            self._copy(old, new, {})
            self._own(old).unlink(missing_ok=True)
            self._forget_older(old)

    def merge(self, name: str, other: str) -> Configuration:
        """Take over what is set in another configuration; drawing in the background is switched off.

        What was there is put into the recycle bin first.
        """
        with self._held():
            mine, theirs = self.load(name), self.load(other)
            merged = Configuration(
                {**mine.values, **theirs.values, "AUTO_PLOTTING": False},
                _merged(mine.pairs, theirs.pairs),
                _merged(mine.titles, theirs.titles),
                {
                    pair: _merged(mine.subfigures.get(pair, {}), theirs.subfigures.get(pair, {}))
                    for pair in (*mine.subfigures, *theirs.subfigures)
                },
            )
            self._keep_copy(name)
            self._write(name, merged)
        return merged

    def reset(self, name: str) -> None:
        """Set nothing any more; what was there is put into the recycle bin."""
        with self._held():
            self.load(name)
            self._keep_copy(name)
            self._write(name, Configuration())

    def delete(self, name: str) -> str:
        """Put an own configuration into the recycle bin; returns its name there."""
        with self._held():
            if self._file(name)[1]:
                self._write(name, self.load(name))
            kept = self._keep_copy(name)
            if not kept:
                raise ConfigurationError(f"no configuration named {name!r} of this workspace's own")
            self._own(name).unlink()
            self._forget_older(name)
        return kept

    def deleted(self) -> list[str]:
        """What lies in the recycle bin, the newest first."""
        files = (self._folder / _DELETED).glob("*.json")
        return [path.stem for path in sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.stem))]

    def restore(self, kept: str) -> str:
        """Take something out of the recycle bin, under its own name or a free one; returns that."""
        path = self._folder / _DELETED / f"{_safe(kept)}.json"
        name = re.sub(r"~\d{8}-\d{6}(-\d+)?$", "", kept)
        with self._held():
            if not path.exists():
                raise ConfigurationError(f"nothing named {kept!r} in the recycle bin")
            restored = write_new(self._own(name), path.read_bytes())
            path.unlink()
        return restored.stem

    def split_by_key(self, name: str, keys: list[str]) -> list[str]:
        """A copy per merge key that names algorithms by that key alone and says what it explains.

        Returns their names. One of the same name is put into the recycle bin.
        """
        configuration = self.load(name)
        made = []
        for key in keys:
            new = f"{name}_gs_{key.replace('/', '-')}"
            self.save(new, configuration.with_values(DATA_MERGER=[key], REPORT_PCA_EVAL=True))
            made.append(new)
        return made

    def _own(self, name: str) -> Path:
        path = self._folder / f"{_safe(name)}.json"
        return path if path.exists() else self.files().get(name, path)

    def _file(self, name: str) -> tuple[Path | None, bool]:
        """The file of a configuration, and whether an older tool, whose names end in `.json`, wrote it."""
        path = self._own(name)
        if path.exists():
            return path, False
        older = self._older()
        if found := older.get(name) or older.get(name.removesuffix(".json")):
            return found, True
        return None, False

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """No other viewer of this workspace changes a configuration meanwhile."""
        try:
            with locked(self._folder / "all", ConfigurationError):
                yield
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename or self._folder}: {error.strerror}; nothing was lost. "
                "Choose another workspace with -wks"
            ) from error

    def _write(self, name: str, configuration: Configuration) -> Path:
        path = self._own(name)
        text = json.dumps(configuration.as_json(), indent=2, ensure_ascii=False) + "\n"
        # Half a character is kept as it is escaped.
        write_whole(path, text.encode("utf-8", "backslashreplace"))
        return path

    def _copy(self, name: str, new: str, changes: Mapping[str, Any]) -> None:
        if self._file(new)[0] is not None:
            raise ConfigurationError(f"there is a configuration named {new!r} already; choose another name")
        self._write(new, self.load(name).with_values(**changes))

    def _keep_copy(self, name: str) -> str:
        """Put a copy into the recycle bin; returns its name there, "" if nothing of that name is our own."""
        path = self._own(name)
        if not path.exists():
            return ""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        return write_new(self._folder / _DELETED / f"{name}~{stamp}.json", path.read_bytes()).stem


def _merged(
    mine: Mapping[str, Mapping[str, Any]], theirs: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    return {key: {**mine.get(key, {}), **theirs.get(key, {})} for key in (*mine, *theirs)}


def _revision(content: bytes) -> str:
    return short_hash(content, 16)


def _safe(name: str) -> str:
    whole = not re.search(r"[/\\\x00-\x1f\x7f\ud800-\udfff]", name)
    if not name or name in (".", "..") or not whole or len(name.encode()) > _LONGEST_NAME:
        raise ConfigurationError(
            f"{name[:300]!r} cannot be the name of a configuration: no slashes, no line breaks, "
            f"at most {_LONGEST_NAME} bytes"
        )
    return name
