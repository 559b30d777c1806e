"""A folder of other people's logs and an installed viewer: the lines of docs/howto/other-peoples-logs.md."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.slow

HOWTO = (ROOT / "docs" / "howto" / "other-peoples-logs.md").read_text(encoding="utf-8")
# The first three listings; the later ones are about imports and declared readers.
MAKING, LOOKING, CHOOSING = re.findall(r"```sh\n(.*?)```", HOWTO, re.DOTALL)[:3]
CORPUS = Path(os.environ.get("SML_CORPUS") or ROOT.parent / "shared" / "corpus" / "runs.tar.gz")


def look(newcomer, folder: Path, work: Path) -> str:
    """What the document's three commands print of a folder."""
    commands = [line.replace(" theirs", f" '{folder}'", 1) for line in LOOKING.splitlines()]
    return "".join(newcomer.run("sh", "-c", command, cwd=work) for command in commands)


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its size and time of change."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_the_walk_of_the_document(installed, tmp_path: Path) -> None:
    newcomer, _ = installed
    newcomer.run("sh", "-e", "-c", MAKING, cwd=tmp_path)
    before = tree(tmp_path / "theirs")
    output = look(newcomer, tmp_path / "theirs", tmp_path)
    assert "2 runs" in output
    assert "Mean ± standard error (ddof=1) of AverageEpRet over Epoch, n = 2 seeds" in output
    assert "| Walker2d-v4 |" in (tmp_path / "scores.md").read_text()
    newcomer.run("sh", "-e", "-c", CHOOSING, cwd=tmp_path)
    assert (tmp_path / "again.png").read_bytes().startswith(b"\x89PNG")
    assert tree(tmp_path / "theirs") == before


def test_real_logs_of_eight_repositories_are_listed_drawn_and_tabulated(
    installed, tmp_path: Path, unpack: Callable[[Path, Path], None]
) -> None:
    if not CORPUS.exists():
        pytest.skip(f"the corpus of real logs is not at {CORPUS}; SML_CORPUS names its archive")
    newcomer, _ = installed
    unpack(CORPUS, tmp_path)
    before = tree(tmp_path / "corpus")
    # Each by itself, and all at once as somebody collects them.
    for number, folder in enumerate([*(tmp_path / "corpus").iterdir(), tmp_path / "corpus"]):
        work = tmp_path / str(number)
        work.mkdir()
        output = look(newcomer, folder, work)
        assert re.search(r"^\d+ runs", output, re.MULTILINE), output
        assert re.search(r" of \S.* over \S.*, n = \d+", output), output
        assert (work / "curves.png").stat().st_size > 10_000
        assert (work / "scores.md").stat().st_size > 50
        shutil.rmtree(work)
    assert tree(tmp_path / "corpus") == before
