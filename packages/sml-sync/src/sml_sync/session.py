"""Send to, or fetch from, the first of several targets that answers."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import os
import posixpath
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import NamedTuple, TypeAlias

from sml_config import Settings
from sml_config.ssh import ConnectionLostError, SshError
from sml_config.ssh.errors import describe

from . import arguments
from .errors import HostKeyError, RemoteError, SourceError, TargetError
from .progress import shown
from .report import SyncReport, TargetReport
from .ssh.connect import Connection, connect
from .targets import Target, remote_home_of, targets_from, targets_of
from .transfer.local_files import Selection
from .transfer.manifest import save_result
from .transfer.preview import preview_push
from .transfer.pull import Pull, PullRequest, read_local
from .transfer.push import LocalSide, SyncRequest, local_trees, push
from .transfer.read_ahead import Hashes, Manifests, hash_ahead
from .transfer.remote_folder import run_id_of
from .transfer.remote_state import RemoteState
from .transfer.sources import Sources

# One or several, as a caller gives them.
Targets: TypeAlias = "Target | str | Iterable[Target | str]"
Patterns: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None"
_REMEMBERED_SECONDS = 600.0
# New objects between two looks for garbage.
_COLLECTED = 50_000

# The target that worked, for each list of targets; the one thing that is remembered in this process.
_worked: dict[tuple[Target, ...], tuple[Target, float]] = {}
_connecting = threading.Lock()


class Session:
    """Sends folders over one connection, which is kept until `close` and reopened if it breaks."""

    def __init__(
        self,
        targets: Targets,
        *,
        interactive: bool = False,
        bwlimit: int | str | None = None,
        progress: bool | Callable[[str], None] = False,
    ) -> None:
        """`bwlimit` is in bytes per second, or 500K, 20M.

        `progress` shows the bytes transferred on stderr, or calls a function with a line every five seconds.

        Raises ArgumentError, TargetError.
        """
        self._targets = targets_from(targets)
        self._interactive = interactive
        self._bwlimit = arguments.rate("bwlimit", bwlimit)
        self._progress = progress
        self._connection: Connection | None = None
        self._controls: dict[str, RemoteState] = {}

    def sync(self, request: SyncRequest) -> SyncReport:
        """Send new data. Raises SourceError if the local folder does not exist."""
        if not request.local.is_dir():
            problem = "is not a folder" if request.local.exists() else "no such folder"
            raise SourceError(f"{request.local}: {problem}; expected a run folder, or a folder of runs")
        with ThreadPoolExecutor(1) as ahead, contextlib.closing(Hashes()) as hashes:
            # While the connection is opened; for a second target, which comes later, they are listed anew.
            listing, manifests = [ahead.submit(local_trees, request)], Manifests()
            if self._connection is None and not request.dry_run:
                manifests.reading = ahead.submit(hash_ahead, listing[0], manifests, hashes)

            def send(connection: Connection) -> SyncReport:
                trees = listing.pop().result() if listing else local_trees(request)
                if request.dry_run:
                    return preview_push(connection, request, trees)
                return push(connection, request, LocalSide(trees, manifests, hashes), self._controls)

            report = self._transfer(send, request.remote_path, request.remote_path)
        if not request.dry_run:
            save_result(request.local, {"time": time.time(), "ok": report.ok, "text": report.text})
        return report

    def fetch(self, request: PullRequest, position: tuple[Sources, int] | None = None) -> SyncReport:
        """Fetch new data; `position` are the sources of the local folder, and the number of this one."""
        sources, number = position or (Sources(), 0)
        read_again = functools.partial(read_local, request.local, request.remote_path)
        try:
            with ThreadPoolExecutor(1) as ahead:
                # While the connection is opened and remote folders are listed; for a second target again.
                reading = [ahead.submit(read_again)]

                def receive(connection: Connection) -> SyncReport:
                    read = reading.pop().result if reading else read_again
                    return Pull(connection, request, read, (sources, number)).run()

                return self._transfer(receive, request.remote_path, str(request.local))
        finally:
            sources.end(number)

    def _transfer(
        self, work: Callable[[Connection], SyncReport], remote_path: str, destination: str
    ) -> SyncReport:
        """The report of `work`, called with a connection to the first target that answers."""
        outcomes: list[TargetReport] = []
        for target in self._order():
            started = time.monotonic()
            warm = self._connection is not None
            result = self._try_target(target, work)
            if warm and isinstance(result, _Failure) and result.try_next:
                # The connection had been lost while nobody used it.
                result = self._try_target(target, work)
            seconds = time.monotonic() - started
            if isinstance(result, SyncReport):
                outcomes.append(TargetReport(str(target), True, result.summary(destination), seconds))
                return dataclasses.replace(result, targets=tuple(outcomes))
            outcomes.append(TargetReport(str(target), False, result.text, seconds))
            if not result.try_next:
                break
        return SyncReport(False, remote_path, targets=tuple(outcomes))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._controls = {}

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try_target(self, target: Target, work: Callable[[Connection], SyncReport]) -> SyncReport | _Failure:
        try:
            connection = self._connected(target)
            showing = shown(connection.traffic, self._progress, interactive=self._interactive)
            with _rare_collections(), showing:
                report = work(connection)
        except (TargetError, SshError, RemoteError, ConnectionLostError, OSError) as error:
            self.close()
            return _failure(error)
        _worked[self._targets] = (target, time.monotonic())
        return report

    def _connected(self, target: Target) -> Connection:
        """The open connection to the target, or a new one."""
        connection = self._connection
        if connection is None or connection.target != target or not connection.alive:
            self.close()
            # Questions of several machines at a time would be nobody's.
            with _connecting if self._interactive and sys.stdin.isatty() else contextlib.nullcontext():
                connection = self._connection = connect(target, interactive=self._interactive)
            connection.limit(self._bwlimit)
            # The server starts its sftp while we look at the local folders.
            connection.channels(many=False)[0]()
        return connection

    def _order(self) -> list[Target]:
        first, since = _worked.get(self._targets, (self._targets[0], 0.0))
        if self._connection is not None:
            first = self._connection.target
        elif time.monotonic() - since > _REMEMBERED_SECONDS:
            return list(self._targets)
        return [first, *(target for target in self._targets if target != first)]


class _Failure(NamedTuple):
    """Why a target did not do, and whether another one may."""

    text: str
    try_next: bool


def _failure(error: Exception) -> _Failure:
    if isinstance(error, HostKeyError):
        return _Failure(str(error), not error.forged)
    if isinstance(error, SshError):
        return _Failure(f"{error.step}: {error}", True)
    if isinstance(error, ConnectionLostError):
        return _Failure(f"the connection was lost ({error})", True)
    if isinstance(error, OSError):
        # Of a file here: no other address changes that.
        return _Failure(f"{error.filename or 'here'}: {describe(error)}", False)
    return _Failure(str(error), isinstance(error, TargetError))


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for garbage less often: of 100,000 files it looks through all again and again."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _COLLECTED) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def sync(
    local: str | os.PathLike[str],
    targets: Targets,
    remote_path: str | PurePath,
    *,
    replace: bool = False,
    include: Patterns = (),
    exclude: Patterns = (),
    max_size: int | str | None = None,
    light: bool = False,
    dry_run: bool = False,
    bwlimit: int | str | None = None,
) -> SyncReport:
    """Send a run folder, or a folder of many, to `remote_path` at the first of the targets that answers.

    A target may be given as `[user@]host[:port]`. `include` and `exclude` are a pattern or several.
    `max_size` is in bytes, or 500K, 20M, 2G; `bwlimit` is the same per second. `replace` deletes remote files
    that no longer exist locally, once all new data has arrived. With `dry_run` nothing is changed; the report
    says what would be done.

    Raises ArgumentError, and SourceError if there is no such folder; every other failure is in the report.
    """
    selection = Selection(include, exclude, max_size, light)  # type: ignore[arg-type]  # as given
    with Session(targets, bwlimit=bwlimit) as session:
        request = request_of(local, remote_path, selection, replace=replace)
        return session.sync(dataclasses.replace(request, dry_run=arguments.flag("dry_run", dry_run)))


def pull(
    targets: Targets,
    remote_path: str | PurePath,
    local: str | os.PathLike[str],
    *,
    include: Patterns = (),
    exclude: Patterns = (),
    max_size: int | str | None = None,
    light: bool = False,
    verify: bool = False,
    interactive: bool = False,
    dry_run: bool = False,
    bwlimit: int | str | None = None,
    progress: bool | Callable[[str], None] = False,
) -> SyncReport:
    """Fetch a run folder, or a folder of many, from the first target that answers into the folder `local`.

    With `verify` all existing local data is compared too. A local run of the same name but another id is
    moved to `<local>_bk` first. The other arguments are those of `sync`. Raises ArgumentError; every other
    failure is in the report.
    """
    request = PullRequest(
        arguments.remote_path("remote_path", remote_path),
        arguments.folder("local", local),
        Selection(include, exclude, max_size, light),  # type: ignore[arg-type]  # it takes what callers give
        arguments.flag("verify", verify),
        arguments.flag("dry_run", dry_run),
    )
    with Session(targets, interactive=interactive, bwlimit=bwlimit, progress=progress) as session:
        return session.fetch(request)


def push_run(
    run_folder: str | os.PathLike[str],
    settings: Settings,
    *,
    replace: bool = False,
    progress: bool | Callable[[str], None] = False,
) -> SyncReport:
    """Send a run folder to the main machine of the settings, under MAIN_MACHINE_LOG_PATH.

    `progress` is that of `Session`.
    Raises TargetError if the settings name no machine or no path, SourceError if there is no such folder.
    """
    with Session(targets_of(settings), progress=progress) as session:
        return session.sync(request_of_settings(run_folder, settings, replace=replace))


def request_of(
    local: str | os.PathLike[str],
    remote_path: str | PurePath,
    selection: Selection,
    *,
    replace: bool = False,
) -> SyncRequest:
    """The request for an explicit remote path. Raises ArgumentError."""
    local = arguments.folder("local", local)
    remote_folder = arguments.remote_path("remote_path", remote_path)
    replace = arguments.flag("replace", replace)
    home = posixpath.dirname(remote_folder) if run_id_of(local) is not None else remote_folder
    return SyncRequest(local, remote_folder, home, selection, replace)


def request_of_settings(
    folder: str | os.PathLike[str],
    settings: Settings,
    selection: Selection | None = None,
    *,
    replace: bool = False,
) -> SyncRequest:
    """The request for the main machine of the settings. Raises TargetError."""
    home = remote_home_of(settings)
    local = arguments.folder("run_folder", folder)
    replace = arguments.flag("replace", replace)
    inside = local.is_relative_to(settings.log_root)
    name = local.relative_to(settings.log_root).as_posix() if inside else local.name
    remote_folder = posixpath.normpath(posixpath.join(home, name))
    return SyncRequest(local, remote_folder, home, selection or Selection(), replace, settings.backup_root)
