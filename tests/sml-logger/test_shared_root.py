"""Several users, umasks and odd file systems share one folder of runs; every run gets its code archive."""

from __future__ import annotations

import errno
import os
import tarfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import sml_config
from sml_logger import Logger

SECOND, FIRST = 65533, 65534


def as_user(user: int, umask: int, work: Callable[[], None]) -> None:
    """Do work as another user, in a process of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(FIRST)
            os.setuid(user)
            os.umask(umask)
            work()
            code = 0
        except BaseException:  # noqa: BLE001  the parent learns of it by the status
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def log(name: str) -> None:
    with Logger(log_name=name) as logger:
        logger.log_tabular("x", 1)
        logger.dump_tabular()
    with tarfile.open(Path(logger.output_dir, "coders.tar")) as archive:
        assert "main.py" in archive.getnames()


@pytest.fixture
def shared(project: Path, open_to_all: Callable[[Path], None]) -> Path:
    """A folder of runs that everybody may write into, without touching what others made there."""
    log("warm")  # loads every module while this user may read them
    open_to_all(project)
    for folder in (project / "logfile", project / "logfile_bk"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)
    for path in (project / "logfile").iterdir():
        if path.name.startswith("."):
            path.rename(project / f"away{path.name}")  # the first user is to make these
    return project


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users, which only root can")
@pytest.mark.parametrize("password", [None, "correct horse battery"])
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_two_users_log_into_one_folder(shared: Path, umask: int, password: str | None) -> None:
    now = sml_config.settings()
    sml_config.set_settings(replace(now, common=replace(now.common, MAIN_MACHINE_PASSWD=password)))
    as_user(FIRST, umask, lambda: log("first"))
    as_user(SECOND, umask, lambda: log("second"))
    as_user(SECOND, umask, lambda: log("first"))  # whose name the other has
    as_user(SECOND, umask, lambda: log("second"))  # once more
    names = {path.name for path in (shared / "logfile").iterdir()}
    assert {"first", "first-2", "second"} <= names
    owners = {name: (shared / "logfile" / name).stat().st_uid for name in ("first", "first-2", "second")}
    assert owners == {"first": FIRST, "first-2": SECOND, "second": SECOND}
    assert "cannot be moved away" in (log_of(shared, "first-2")) or "another user" in log_of(
        shared, "first-2"
    )


def log_of(project: Path, name: str) -> str:
    return (project / "logfile" / name / "log.txt").read_text()


@pytest.mark.parametrize("password", [None, "correct horse battery"])
def test_a_file_system_without_hard_links_keeps_archives_and_leaves_no_drafts(
    project: Path, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    now = sml_config.settings()
    sml_config.set_settings(replace(now, common=replace(now.common, MAIN_MACHINE_PASSWD=password)))
    for _ in range(3):
        log("a")
    assert "could not be archived" not in log_of(project, "a")
    left = [
        path.name
        for path in project.rglob(".sml-tmp-*")
        if path.name not in (".sml-tmp-claim", ".sml-tmp-pack")
    ]
    assert left == []
    assert (project / "logfile" / "a" / "log_back.txt").is_file()
