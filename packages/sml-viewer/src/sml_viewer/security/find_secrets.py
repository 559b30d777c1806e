"""Find secrets that older tools left in run folders, and mask them in everything that is shown or sent.

A secret is a value under a secret name in the run's own settings; all values of a dumped environment are
hidden. A secret is replaced wherever it appears in the run's text files and code archive. Not covered: other
binary files, and secrets that no settings file of the run contains.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sml_config.redaction import REDACTED, Redactor, hide_credentials, is_secret_name, redacted, secrets_in
from sml_config.run_folder import ARCHIVE, CONFIG, OLDER_ARCHIVE, OLDER_RUN_CONFIG, RUN_CONFIG
from sml_viewer.archives.frames import pieces_of
from sml_viewer.archives.reading import MOST_BYTES, TooLargeError
from sml_viewer.archives.worker import ArchiveError, TooCostlyError, run_job
from sml_viewer.model.text import is_text
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.safe_yaml import load_yaml
from sml_viewer.safe_open import open_plain, scanned

ENVIRONMENT = "env_params.json"
ARCHIVES = (ARCHIVE, OLDER_ARCHIVE)
SETTINGS = (RUN_CONFIG, OLDER_RUN_CONFIG)
SETTINGS_FILE = re.compile(
    r"(?:[^/]*config[^/]*\.(?:json|ya?ml)|env_params\.json|\.env"
    r"|(?:parameters?|params|variant|hyper_param)\.json|args\.ya?ml)",
    re.IGNORECASE,
)
# Text files for people, which may contain addresses with credentials or command lines.
_WRITTEN = re.compile(
    r".*\.(?:txt|log|out|err|jsonl?|ya?ml|toml|ini|cfg|conf|sh|md|env)", re.IGNORECASE | re.DOTALL
)
# `MAIN_MACHINE_PASSWD = 'abc'` in a settings file in Python.
_ASSIGNMENT = re.compile(rb"""^\s*([A-Z][A-Z0-9_]*)\s*=\s*(["'])((?:\\.|(?!\2).)+)\2""", re.MULTILINE)
MOST_SETTINGS = 1_000_000
# Bytes of a settings file that is shown: parsed, it takes many times as much memory.
_MOST_SHOWN = 4_000_000
# Each secret is searched for in some ten spellings, in everything that is shown.
_MOST_SECRETS, _MOST_SECRET_LETTERS = 300, 100_000
_BLOCK = 4_000_000
_WINDOW = 20_000

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class Mask:
    """Masks the secrets in the files of one run."""

    redactor: Redactor
    # Its secrets are unknown or too many to search for: none of its texts is shown.
    is_blind: bool = False

    def text(self, text: str) -> str:
        """Mask the run's secrets in a text."""
        if self.is_blind:
            return REDACTED if text else ""
        return hide_credentials(self.redactor.text(text))

    def value(self, value: Any) -> Any:
        """Mask the run's secrets in a JSON value."""
        if self.is_blind:
            return REDACTED
        return _texts(value, self.redactor)

    def file(self, name: str, data: bytes) -> tuple[bytes, int]:
        """Mask the content of a file of the run; returns it and the number of hidden values."""
        last = name.rpartition("/")[2]
        if self.is_blind:
            return REDACTED.encode() + b"\n", 1
        if last == ENVIRONMENT or last in SETTINGS:
            return self._settings(last, data)
        if last in ARCHIVES:
            shown, places = self._archive(io.BytesIO(data))
            with shown:
                return shown.read(), places
        return _hidden(*self.redactor.data(data)) if is_text(data) else (data, 0)

    def touches(self, name: str) -> bool:
        """Whether a file of this name may contain secrets."""
        last = name.rpartition("/")[2]
        return self.is_blind or bool(self.redactor.values) or last == ENVIRONMENT or last in SETTINGS

    def changes(self, name: str) -> bool:
        """Whether a file of this name may not be sent unchanged."""
        return self.touches(name) or _WRITTEN.fullmatch(name) is not None

    def stream(self, name: str, file: BinaryIO, size: int, block_size: int = _BLOCK) -> Iterator[bytes]:
        """The first `size` bytes of a file in pieces, secrets masked; special files as one piece."""
        last = name.rpartition("/")[2]
        if self.is_blind:
            yield self.file(name, b"")[0]
            return
        if last in ARCHIVES:
            shown, _ = self._archive(file)
            try:
                yield from pieces_of(shown)
            finally:
                if shown is not file:
                    shown.close()
            return
        if last == ENVIRONMENT or last in SETTINGS:
            # A settings file too large to parse is not shown.
            yield self.file(name, file.read(size))[0] if size <= _MOST_SHOWN else REDACTED.encode() + b"\n"
            return
        masks = True
        rest = b""
        while size > 0 and (block := file.read(min(block_size, size))):
            size -= len(block)
            if masks and not rest and not is_text(block):
                masks = False
            if not masks:
                yield block
                continue
            rest += block
            cut = self._cut(rest, len(rest) - _WINDOW)
            yield _hidden(*self.redactor.data(rest[:cut]))[0]
            rest = rest[cut:]
        if rest:
            yield _hidden(*self.redactor.data(rest))[0]

    def apart(self, file: BinaryIO, offset: int) -> int:
        """The last offset up to this one that does not split a secret: half of one would reveal it."""
        if not self.redactor.values or offset <= 0:
            return offset
        start = max(0, offset - 2 * _WINDOW)
        file.seek(start)
        return start + self._cut(file.read(offset - start + _WINDOW), offset - start)

    def _cut(self, data: bytes, at: int) -> int:
        """The last position up to `at` that does not split a secret."""
        for _ in range(100):
            if at <= 0:
                return 0
            left, right = data[max(0, at - _WINDOW) : at], data[at : at + _WINDOW]
            apart = self.redactor.data(left)[0] + self.redactor.data(right)[0]
            if apart == self.redactor.data(left + right)[0]:
                return at
            at -= 97
        return 0

    def _settings(self, name: str, data: bytes) -> tuple[bytes, int]:
        """Mask a settings file also by its names: a secret may be too short to search for."""
        try:
            content = json.loads(data.decode("utf-8-sig")) if len(data) <= _MOST_SHOWN else None
        except (ValueError, RecursionError):
            content = None
        if content is None:
            return self._damaged_settings(name, data)
        if name == ENVIRONMENT:
            shown = _all_hidden(content)
        elif isinstance(content, dict):
            shown = {key: redacted(str(key), value, self.redactor) for key, value in content.items()}
        else:
            return self.redactor.data(data)
        if shown == content:
            return data, 0
        # Lone surrogates stay escaped.
        text = json.dumps(shown, indent=2).encode()
        return text + b"\n", text.count(REDACTED.encode()) - data.count(REDACTED.encode())

    def _damaged_settings(self, name: str, data: bytes) -> tuple[bytes, int]:
        """Mask lines with a secret name in a file that cannot be parsed; all of a dumped environment."""
        if name == ENVIRONMENT:
            return REDACTED.encode() + b"\n", 1
        lines = data.splitlines(keepends=True)
        shown = [
            line
            if not is_secret_name(re.sub(r"[^\w-]+", " ", line.decode("utf-8", "replace")))
            else REDACTED.encode() + b"\n"
            for line in lines
        ]
        text, places = self.redactor.data(b"".join(shown))
        return text, places + sum(line is not other for line, other in zip(lines, shown, strict=True))

    def _archive(self, file: BinaryIO) -> tuple[BinaryIO, int]:
        """Mask secrets in the members of a tar archive; returns the same file if there are none."""
        file.seek(0)
        if not self.redactor.values:
            return file, 0
        try:
            places, masked = run_job("masked", [file], values=sorted(self.redactor.values))
        except (TooLargeError, ArchiveError):
            return io.BytesIO(REDACTED.encode() + b"\n"), 1  # an archive that cannot be searched is not shown
        if places:
            return masked, places
        masked.close()
        file.seek(0)
        return file, 0


def mask_of(folder: Path) -> Mask:
    """The mask for a run's files, from its current settings files."""
    try:
        return _mask(str(folder), _signature(folder))
    except (TooCostlyError, ArchiveError):
        # The secrets in its archive are unknown, so no text is shown; not cached, since the machine may have
        # been busy.
        return Mask(Redactor(frozenset()), is_blind=True)


@functools.lru_cache(maxsize=256)
def _mask(folder: str, signature: Signature) -> Mask:
    values: set[str] = set()
    for name, _inode, size, _time in signature:
        try:
            if name in ARCHIVES:
                if size <= MOST_BYTES:
                    values |= set(_secrets_in_archive(folder, name))
            elif size <= MOST_SETTINGS:
                values |= set(secrets_in_settings(name, read_small(folder, name, MOST_SETTINGS)))
        except (TooCostlyError, ArchiveError):
            raise
        except (OSError, ValueError):
            continue
    secrets = frozenset(values - {REDACTED, ""})
    if len(secrets) > _MOST_SECRETS or sum(map(len, secrets)) > _MOST_SECRET_LETTERS:
        return Mask(Redactor(frozenset()), is_blind=True)
    return Mask(Redactor(secrets))


def _signature(folder: Path) -> Signature:
    """The run's settings files and archives, with inode, size and modification time."""
    files = []
    for part in ("", CONFIG):
        try:
            with scanned(folder, part) as entries:
                names = [
                    entry.name
                    for entry in entries
                    if SETTINGS_FILE.fullmatch(entry.name) or (not part and entry.name in ARCHIVES)
                ]
        except OSError:
            continue
        for name in sorted(f"{part}/{name}" if part else name for name in names):
            try:
                file, status, _ = open_plain(folder, name)
            except OSError:
                continue
            os.close(file)
            files.append((name, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(files)


def archive_name(names: Collection[str]) -> str | None:
    """The name of the code archive among a run's files; None without one."""
    return next((name for name in ARCHIVES if name in names), None)


def secrets_in_settings(name: str, data: bytes) -> Iterator[str]:
    """The values under secret names in a settings file; none if it cannot be parsed."""
    if name.endswith(".py"):
        for variable, _, value in _ASSIGNMENT.findall(data):
            if is_secret_name(variable.decode()):
                yield value.decode("utf-8", "surrogateescape")
        return
    try:
        text = data.decode("utf-8-sig")
        content = json.loads(text) if name.endswith(".json") else load_yaml(text)
    except (ValueError, RecursionError):
        return
    if isinstance(content, (dict, list)):
        # Values of public variables, such as a path, may appear anywhere and are no secrets.
        yield from secrets_in(content)


def _secrets_in_archive(folder: str, name: str) -> Iterator[str]:
    """Secrets in the settings files that were archived with the code."""
    with os.fdopen(open_plain(folder, name).file, "rb") as file:
        secrets, body = run_job("secrets", [file])
    body.close()
    yield from secrets


def _texts(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, dict):
        return {redactor.text(str(key)): _texts(item, redactor) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(item, redactor) for item in value]
    return hide_credentials(redactor.text(value)) if isinstance(value, str) else value


def _hidden(data: bytes, places: int) -> tuple[bytes, int]:
    """Mask secrets by their form in a text as bytes; returns it and the number of hidden values."""
    text = data.decode("utf-8", "surrogateescape")
    shown = hide_credentials(text)
    if shown == text:
        return data, places
    more = shown.count(REDACTED) - text.count(REDACTED)
    return shown.encode("utf-8", "surrogateescape"), places + more


def _all_hidden(value: Any) -> Any:
    """Hide all values of a dumped environment, keeping the names."""
    if isinstance(value, dict):
        return {key: _all_hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_all_hidden(item) for item in value]
    return REDACTED
