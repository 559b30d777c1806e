"""Locks and whole writes of files that several processes use."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from sml_config.files import enlarge_pipe, locked, write_atomic


def test_a_lock_that_somebody_holds_is_not_obtained(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", 1.0) as first:
        started = time.monotonic()
        with locked(tmp_path / "lock", 0.05) as second:
            assert first
            assert not second
        assert time.monotonic() - started >= 0.05
    with locked(tmp_path / "lock", 0.05) as third:
        assert third


def test_the_parts_of_a_file_become_one_file(tmp_path: Path) -> None:
    write_atomic(tmp_path / "file", (f"{number} ä\n" for number in range(3)))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "0 ä\n1 ä\n2 ä\n"


def test_a_write_that_fails_leaves_the_old_content_and_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(tmp_path / "file", ["new", "\ud800"])
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has pipes of a chosen size")
def test_a_pipe_is_enlarged_as_far_as_the_system_grants_it() -> None:
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        enlarge_pipe(writing, 1 << 18)
        assert os.write(writing, bytes(1 << 20)) == 1 << 18
        enlarge_pipe(writing, 1 << 40)
    finally:
        os.close(reading)
        os.close(writing)
