"""Saved configurations of a workspace: one JSON file each, with locks, revisions and a recycle bin."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.hashing import short_hash
from sml_config.run_folder import read_json, write_atomic
from sml_viewer.errors import ConfigurationChangedError, ConfigurationError, OptionError
from sml_viewer.fileio import locked, reason_of, write_new
from sml_viewer.i18n import Message

from .older_workspace import (
    as_written_now,
    files_by_name,
    last_configuration,
    legacy_style_defaults,
    older_configurations,
    with_relocated_folders,
)
from .plot_config import Configuration, from_json

_FOLDER = "configurations"
_DELETED = ".deleted"
# Names of the older tool's configurations that were deleted or renamed here: its files stay.
_REMOVED_OLDER = ".gone.json"
_OPENED = ".opened.json"
# The configuration before anything was saved.
_FIRST = "default"
# Still a valid file name with the time stamp of the recycle bin and as a temporary file.
_LONGEST_NAME = 200


class SavedConfig(NamedTuple):
    """A saved configuration: `revision` changes with its file; `old` if the older tool wrote it."""

    name: str
    configuration: Configuration
    revision: str
    old: bool


class Configurations:
    """The named configurations of a workspace.

    Those of an older tool's workspace can be opened too, unless one here has the same name.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._folder = workspace / _FOLDER

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self.files(), *self._older()})

    def files(self) -> dict[str, Path]:
        """The files of this workspace's own configurations by name."""
        return files_by_name(self._folder)

    def opened_last(self, user: str | None) -> str | None:
        """The configuration that a user opened last, here or in the older tool; None if unknown."""
        user = user or ""
        opened = read_json(self._folder / _OPENED)
        name = opened.get(user) if isinstance(opened, dict) else None
        names = [*self.names(), _FIRST]
        return next(
            (
                candidate
                for candidate in (name, last_configuration(self._workspace, user))
                if candidate in names
            ),
            None,
        )

    def remember_opened(self, user: str | None, name: str) -> None:
        """Remember what a user opened; write errors are ignored."""
        if self.opened_last(user) != name and name in (*self.names(), _FIRST):
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                content = read_json(self._folder / _OPENED)
                opened = content if isinstance(content, dict) else {}
                write_atomic(self._folder / _OPENED, json.dumps({**opened, user or "": name}))

    def _older(self) -> dict[str, Path]:
        older = older_configurations(self._workspace)
        gone = self._removed_older() if older else []
        return {name: path for name, path in older.items() if name not in gone}

    def _removed_older(self) -> list[str]:
        content = read_json(self._folder / _REMOVED_OLDER)
        return content if isinstance(content, list) else []

    def _forget_older(self, name: str) -> None:
        if name in self._older():
            write_atomic(self._folder / _REMOVED_OLDER, json.dumps([*self._removed_older(), name]))

    def load(self, name: str) -> Configuration:
        """A configuration by name. Raises ConfigurationError if it does not exist or cannot be read."""
        return self.open(name).configuration

    def open(self, name: str) -> SavedConfig:
        """A configuration with its revision. Raises ConfigurationError if it cannot be read."""
        path, old = self._file(name)
        if path is None:
            existing = ", ".join(self.names()) or Message("none yet")
            raise ConfigurationError(
                Message("no configuration named {name}; there are: {names}", name=repr(name), names=existing)
            )
        try:
            content = path.read_bytes()
            written = json.loads(content.decode("utf-8-sig"))
            configuration = self._of_older(written) if old else from_json(written)
        except (OSError, ValueError, OptionError) as error:
            raise ConfigurationError(
                Message(
                    "configuration {name}: {path}: {fault}",
                    name=repr(name),
                    path=path,
                    fault=reason_of(error),
                )
            ) from error
        return SavedConfig(name, configuration, _revision(content), old)

    def _of_older(self, written: Any) -> Configuration:
        """Convert a configuration of the older tool, whose default sizes apply unless it sets others."""
        if not isinstance(written, Mapping):
            return from_json(written)
        values, notes = as_written_now(written)
        values, moved = with_relocated_folders(values, self._workspace)
        configuration = from_json(values, lenient=True)
        return replace(
            configuration,
            values={**legacy_style_defaults(), **configuration.values},
            notes=(*configuration.notes, *notes, *moved),
        )

    def save(self, name: str, configuration: Configuration, revision: str | None = None) -> Path:
        """Save a configuration atomically; returns its file. A file of the older tool stays.

        `revision` is that of `open` ("" for a new name): raises ConfigurationChangedError if somebody saved
        in between. Without it the previous version goes into the recycle bin.
        """
        with self._held():
            if revision is None:
                self._keep_copy(name)
            elif revision != self.revision(name):
                raise ConfigurationChangedError(name)
            return self._write(name, configuration)

    def revision(self, name: str) -> str:
        """A hash of the configuration's file; "" without a file."""
        path, _ = self._file(name)
        return "" if path is None else _revision(path.read_bytes())

    def copy(self, name: str, new: str, changes: Mapping[str, Any] | None = None) -> None:
        """Copy a configuration to a new name, with some options changed. Raises ConfigurationError."""
        with self._held():
            self._copy(name, new, changes or {})

    def rename(self, old: str, new: str) -> None:
        """Rename a configuration. Raises ConfigurationError if the new name exists."""
        with self._held():
            self._copy(old, new, {})
            self._own(old).unlink(missing_ok=True)
            self._forget_older(old)

    def merge(self, name: str, other: str) -> Configuration:
        """Merge the options of another configuration into one; background plots are switched off.

        The previous version goes into the recycle bin first.
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
        """Reset all options; the previous version goes into the recycle bin."""
        with self._held():
            self.load(name)
            self._keep_copy(name)
            self._write(name, Configuration())

    def delete(self, name: str) -> str:
        """Move a configuration into the recycle bin; returns its name there."""
        with self._held():
            if self._file(name)[1]:
                self._write(name, self.load(name))
            deleted = self._keep_copy(name)
            if not deleted:
                raise ConfigurationError(
                    Message("no configuration named {name} in this workspace", name=repr(name))
                )
            self._own(name).unlink()
            self._forget_older(name)
        return deleted

    def deleted(self) -> list[str]:
        """The names in the recycle bin, newest first."""
        files = (self._folder / _DELETED).glob("*.json")
        return [path.stem for path in sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.stem))]

    def restore(self, deleted: str) -> str:
        """Restore a configuration from the recycle bin; returns its name, which may get a number."""
        path = self._folder / _DELETED / f"{_safe(deleted)}.json"
        name = re.sub(r"~\d{8}-\d{6}(-\d+)?$", "", deleted)
        with self._held():
            if not path.exists():
                raise ConfigurationError(
                    Message("nothing named {name} in the recycle bin", name=repr(deleted))
                )
            restored = write_new(self._own(name), path.read_bytes())
            path.unlink()
        return restored.stem

    def split_by_key(self, name: str, keys: list[str]) -> list[str]:
        """Save a copy per merge key, with algorithms named by that key alone and its explained variance.

        Returns their names. Existing ones go into the recycle bin. The tabs are in their initial state, since
        a grouping of theirs would replace the key.
        """
        configuration = self.load(name)
        names = []
        for key in keys:
            new = f"{name}_gs_{key.replace('/', '-')}"
            self.save(new, configuration.with_values(DATA_MERGER=[key], REPORT_PCA_EVAL=True, VIEW_STATE={}))
            names.append(new)
        return names

    def _own(self, name: str) -> Path:
        path = self._folder / f"{_safe(name)}.json"
        return path if path.exists() else self.files().get(name, path)

    def _file(self, name: str) -> tuple[Path | None, bool]:
        """The file of a configuration, and whether the older tool wrote it (its names may end in `.json`)."""
        path = self._own(name)
        if path.exists():
            return path, False
        older = self._older()
        if older_path := older.get(name) or older.get(name.removesuffix(".json")):
            return older_path, True
        return None, False

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Lock the configurations against other viewers of this workspace."""
        try:
            with locked(self._folder / "all", ConfigurationError):
                yield
        except OSError as error:
            raise ConfigurationError(
                Message(
                    "{path}: {reason}; nothing was lost. Choose another workspace with -wks",
                    path=error.filename or self._folder,
                    reason=reason_of(error),
                )
            ) from error

    def _write(self, name: str, configuration: Configuration) -> Path:
        path = self._own(name)
        text = json.dumps(configuration.as_json(), indent=2, ensure_ascii=False) + "\n"
        # A lone surrogate stays escaped.
        write_atomic(path, text.encode("utf-8", "backslashreplace"))
        return path

    def _copy(self, name: str, new: str, changes: Mapping[str, Any]) -> None:
        if self._file(new)[0] is not None:
            raise ConfigurationError(
                Message("configuration {name} already exists; choose another name", name=repr(new))
            )
        self._write(new, self.load(name).with_values(**changes))

    def _keep_copy(self, name: str) -> str:
        """Put a copy into the recycle bin; returns its name there, "" without a file of this workspace."""
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
            Message(
                "invalid configuration name {name}; expected at most {most} bytes "
                "without slashes and line breaks",
                name=repr(name[:300]),
                most=_LONGEST_NAME,
            )
        )
    return name
