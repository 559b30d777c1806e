"""An archive from elsewhere writes nothing outside of the folder that `reproduce` was given."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sml_logger import SmlLoggerError
from sml_logger.code_archive.reproduce import reproduce


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    info.uid = info.gid = 65534
    return info


def run_with(folder: Path, *members: tarfile.TarInfo) -> Path:
    run = folder / "run"
    run.mkdir()
    with tarfile.open(run / "coders.tar", "w") as archive:
        for info in members:
            content = b"evil" if info.isreg() else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return run


SYM, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
REFUSED = [
    (member("a", SYM, "../victim"), member("a/rc")),
    (member("a", SYM, "../victim"), member("a/deep/new", FOLDER)),
    (member("a", SYM, "../victim"), member("a/rc", SYM, "x")),
    (member("a/rc"), member("a", SYM, "../victim")),
    (member("a"), member("a", SYM, "../victim")),
    (member("../victim/rc"),),
    (member("/victim-of-a-test"),),
    (member("x", HARD, "../victim/secret"),),
    (member("x", tarfile.FIFOTYPE),),
    (member("x", tarfile.CHRTYPE),),
    (member("x/../../victim/rc"),),
]
OUTSIDE = ["../victim", "/etc/passwd", "sub/../../victim", "..", "here/../../victim"]


@pytest.mark.parametrize("members", REFUSED)
def test_an_archive_that_the_logger_cannot_have_written_is_refused(
    tmp_path: Path, members: tuple[tarfile.TarInfo, ...]
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "secret").write_text("precious")
    with pytest.raises(SmlLoggerError, match="sml-logger did not write this archive"):
        reproduce(run_with(tmp_path, *members), tmp_path / "out")
    assert [path.name for path in victim.iterdir()] == ["secret"]
    assert not Path("/victim-of-a-test").exists()


@pytest.mark.parametrize("target", OUTSIDE)
def test_a_link_that_leads_outside_is_told_and_not_made(tmp_path: Path, target: str) -> None:
    members = (member("here", SYM, "."), member("sub", FOLDER), member("link", SYM, target))
    reproduction = reproduce(run_with(tmp_path, *members), tmp_path / "out")
    assert not (tmp_path / "out" / "link").is_symlink()
    assert ("link", f"not extracted: a link to {target}, outside of the project") in reproduction.marked


def test_links_inside_are_kept_and_special_rights_are_not(tmp_path: Path) -> None:
    members = (
        member("sub", FOLDER, mode=0o7777),
        member("sub/tool", mode=0o6755),
        member("sub/open", mode=0o666),
        member("sub/up", SYM, "../sub/tool"),
    )
    reproduce(run_with(tmp_path, *members), tmp_path / "out")
    sub = tmp_path / "out" / "sub"
    assert stat.S_IMODE((sub / "tool").stat().st_mode) == 0o755
    assert stat.S_IMODE((sub / "open").stat().st_mode) == 0o644
    assert sub.stat().st_mode & 0o7022 == 0
    assert (sub / "up").read_bytes() == b"evil"
    assert (sub / "tool").stat().st_uid == tmp_path.stat().st_uid


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sml_logger",
        "reproduce",
        run_with(tmp_path, member("a.py")),
        "-o",
        "out",
    ]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=buffered
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141
