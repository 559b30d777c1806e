"""Files of run folders that are written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sml_config.run_folder import read_json, read_plain, write_atomic


@pytest.mark.parametrize("parent", ["absent", "a file", "too long" * 40])
def test_a_file_that_cannot_be_written_is_named_and_not_the_temporary_one_beside_it(
    tmp_path: Path, parent: str
) -> None:
    (tmp_path / "a file").write_text("")
    target = tmp_path / parent / "figure.png"
    with pytest.raises(OSError, match="figure") as caught:
        write_atomic(target, "")
    assert caught.value.filename == str(target)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_only_plain_files_are_read_as_json_and_opening_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "link", "zero", "loop", "nothing", "."):
        assert read_json(tmp_path / name) is None
    for name in ("pipe", "link", "zero"):
        with pytest.raises(OSError, match="not a plain file"):
            read_plain(tmp_path / name)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"0123456789")
    assert read_plain(path, 10) == b"0123456789"
    with pytest.raises(ValueError, match="larger than"):
        read_plain(path, 9)
