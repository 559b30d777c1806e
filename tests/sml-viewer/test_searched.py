"""How much was searched for runs, and what folders without runs hold: told on the page and by `serve`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from sml_viewer.index.pool import Indexers
from sml_viewer.library import Library

from .conftest import Browser
from .test_serve import Serve, serve  # noqa: F401  a fixture


def searched(page: Browser, language: str) -> dict[str, object]:
    answer: dict[str, object] = page.get(f"/api/v1/searched?lang={language}").get_json()
    return answer


def test_a_folder_without_runs_says_in_both_languages_what_it_holds(logs: Path, page: Browser) -> None:
    for name in ("a", "b"):
        (logs / f"{name}.csv").write_text("loss,step\n1,2\n", "utf-8")
    (logs / "x.npz").touch()
    english, chinese = searched(page, "en"), searched(page, "zh")
    near = "a.csv (loss, step), b.csv (loss, step)"
    holds = f"it holds 2 CSV files, 2 with a step column that is not the first: {near}; 1 NumPy file"
    assert english["contents"] == [{"folder": str(logs), "holds": holds}]
    near = "a.csv（loss, step）, b.csv（loss, step）"
    holds = f"其中有 2 个 CSV 文件，其中 2 个的步数列不在第一列：{near}; 1 个 NumPy 文件"
    assert chinese["contents"] == [{"folder": str(logs), "holds": holds}]
    assert str(english["run"]).startswith("a run is a folder with progress.csv")
    assert str(chinese["run"]).startswith("一个实验是这样的文件夹：含有 progress.csv")


def test_a_folder_with_runs_is_not_described(make_run, library, page: Browser) -> None:
    make_run("a", "step,loss\n0,1\n")
    library.refresh()
    assert searched(page, "en")["contents"] == []


# Without what lets root read everything: as any user, to whom a folder is closed.
_AS_A_USER = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
_LOOK = """
import sys
from pathlib import Path
from sml_viewer.discovery import discover
from sml_viewer.run_views.no_runs import describe_files
root = Path(sys.argv[1])
print(discover(root).search.closed, describe_files(root / "shut"), sep="\\n")
"""


@pytest.mark.skipif(bool(_AS_A_USER) and shutil.which("setpriv") is None, reason="root reads everything")
def test_folders_that_cannot_be_read_are_named_and_not_called_empty(make_run, logs: Path) -> None:
    make_run("a", "step,loss\n0,1\n")
    shut = make_run("shut", "step,loss\n0,1\n")
    shut.chmod(0)
    try:
        looked = subprocess.run(
            [*_AS_A_USER, sys.executable, "-c", _LOOK, str(logs)], capture_output=True, text=True, check=True
        )
    finally:
        shut.chmod(0o700)
    assert looked.stdout.splitlines() == [f"('{shut}',)", "it cannot be read: permission denied"]


def test_an_indexer_says_how_much_it_searched(make_run, logs: Path, workspace: Path) -> None:
    make_run("a", "step,loss\n0,1\n")
    (logs / "node_modules").mkdir()
    with closing(Indexers([logs], workspace)) as indexers:
        end = time.monotonic() + 60
        while indexers.progress.get(logs) != "ready":
            assert time.monotonic() < end
            time.sleep(0.02)
        search = indexers.searches[logs]
    assert (search.files, search.folders, search.left_out) == (1, 2, ("node_modules",))
    assert str(search).startswith("1 file in 2 folders searched in ")


def test_serve_prints_the_runs_and_how_much_was_searched(serve: Serve, tmp_path: Path) -> None:  # noqa: F811
    run = tmp_path / "logfile" / "a"
    run.mkdir(parents=True)
    (run / "progress.csv").write_text("step,loss\n0,1\n", "utf-8")
    served = serve("-lf")
    served.until("found 1 run; 1 file in 2 folders searched in ")


def test_serve_prints_what_a_folder_without_runs_holds(serve: Serve, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "logfile").mkdir()
    (tmp_path / "logfile" / "near.csv").write_text("loss,step\n1,2\n", "utf-8")
    served = serve("-lf")
    served.until("1 with a step column that is not the first: near.csv (loss, step); a run is a folder with")


@pytest.mark.parametrize("name", ["training.log", "metrics.csv", "log.jsonl"])
def test_a_log_that_was_created_empty_is_noticed_once_it_has_rows(
    logs: Path, library: Library, name: str
) -> None:
    (logs / "a").mkdir(parents=True)
    (logs / "a" / name).touch()
    library.refresh()
    assert library.runs() == []
    as_before = (logs / "a").stat().st_mtime_ns
    lines = "epoch,loss\n0,1\n1,2\n" if not name.endswith("jsonl") else '{"epoch": 0, "loss": 1}\n' * 2
    with (logs / "a" / name).open("a") as file:
        file.write(lines)
    assert (logs / "a").stat().st_mtime_ns == as_before
    library.refresh_known()
    assert [run.columns for run in library.runs()] == [("epoch", "loss")]
