"""Indexer processes for a library.

One per folder, ended with the program that started them, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from sml_viewer.discovery import Search
from sml_viewer.fileio import expand_user
from sml_viewer.readers.registry import use_declared_readers

from . import open_database, store_path

SEARCHED = "searched "
# Begins a line on the input of an indexer.
COLUMNS_WANTED = b"columns "


def start_indexers(folders: Sequence[Path], workspace: Path) -> dict[Path, Indexers]:
    """The running indexers of those folders that exist, by their real paths.

    Raises OSError or sqlite3.Error if a store cannot be opened.
    """
    roots = [Path(os.path.realpath(expand_user(folder))) for folder in folders]
    use_declared_readers(workspace)
    started: dict[Path, Indexers] = {}
    for root in dict.fromkeys(roots):
        if root.is_dir():
            # So that two processes do not create it at the same time.
            open_database(store_path(workspace, root)).close()
            started[root] = Indexers([root], workspace)
    return started


class Indexers:
    """Running indexers; `progress` is the last line that each printed, `searches` what each searched last."""

    def __init__(self, roots: Sequence[Path], workspace: Path) -> None:
        self.progress: dict[Path, str] = {}
        self.searches: dict[Path, Search] = {}
        self._processes = [
            # Not multiprocessing, which would run an unguarded script again. The pipe ends them if this
            # process is killed.
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sml_viewer.indexer_process",
                    str(store_path(workspace, root)),
                    str(root),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # A terminal's Ctrl-C is not for them; they end quietly when the pipe closes.
                start_new_session=True,
            )
            for root in roots
        ]
        for root, process in zip(roots, self._processes, strict=True):
            threading.Thread(target=self._read, args=(root, process), daemon=True).start()

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [process.pid for process in self._processes]

    @property
    def alive(self) -> bool:
        """Whether all of them run."""
        return all(process.poll() is None for process in self._processes)

    def request_scan(self) -> None:
        """Make all indexers scan at once; those that have died are skipped."""
        self._send(b"\n")

    def ask_for(self, pairs: Sequence[Sequence[str]]) -> None:
        """Say which x and y columns are looked at, "" for the likely one: some formats give them first."""
        self._send(COLUMNS_WANTED + json.dumps(pairs).encode() + b"\n")

    def _send(self, line: bytes) -> None:
        for process in self._processes:
            if process.stdin is not None and process.poll() is None:
                with contextlib.suppress(OSError):  # it ended just now
                    process.stdin.write(line)
                    process.stdin.flush()

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()

    def _read(self, root: Path, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        for line in process.stdout:
            text = line.decode("utf-8", "replace").strip()
            if text.startswith(SEARCHED):
                files, folders, seconds, left_out, closed = json.loads(text[len(SEARCHED) :])
                self.searches[root] = Search(files, folders, seconds, tuple(left_out), tuple(closed))
            else:
                self.progress[root] = text
