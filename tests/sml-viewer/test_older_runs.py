"""Runs that the older logger wrote: when and where they ran is known, and their code."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.model.run import Run
from sml_viewer.run_views.code_diff import read_code
from sml_viewer.security.find_secrets import mask_of

ROWS = "timestep,episode_return\n0,1\n10,2\n"
SETTINGS = {
    "exec_time": "2023-05-01_12:30:05",
    "host_name": "lab7",
    "ip": "10.0.0.7",
    "commit_id": "0123abc",
    "SHORT_NAME_SUFFIX": "FAST",
}
START = time.mktime((2023, 5, 1, 12, 30, 5, 0, 0, -1))


@pytest.fixture
def write(make_run):
    """Writes a run as the older logger did: `write("a", host_name="lab8")`."""

    def write(name: str, **settings: Any) -> Path:
        folder: Path = make_run(name, ROWS, env_name="Ant", seed=len(name))
        text = json.dumps({**SETTINGS, **settings})
        (folder / "config" / "running_config.json").write_text(text)
        return folder

    return write


def cells(page, name: str) -> list[Any]:
    """A column of the list of runs."""
    (found,) = [one for one in page.get("/api/v1/runs").get_json()["columns"] if one["key"] == name]
    return found["cells"] if "cells" in found else [found["values"][code] for code in found["codes"]]


def test_the_list_knows_when_and_where_an_older_run_ran(write, page, library) -> None:
    write("a")
    write("ab", exec_time="2024-01-01_00:00:00", host_name="lab8")
    library.refresh()
    assert cells(page, "name") == ["a", "ab"]
    assert cells(page, "host") == ["lab7", "lab8"]
    assert cells(page, "started")[0] == START
    assert page.get("/api/v1/search?q=host = lab8 started > 2023-06-01").get_json()["count"] == 1


def test_the_run_page_has_start_host_and_commit_as_provenance_and_the_rest_as_settings(
    write, page, library
) -> None:
    write("a")
    library.refresh()
    (identity,) = cells(page, "id")
    about = page.get(f"/api/v1/runs/{identity}").get_json()
    assert (about["started"], about["host"]) == (START, "lab7")
    facts = {row["name"]: row["value"] for row in about["provenance"]}
    assert facts == {
        "start_time": "2023-05-01T12:30:05",
        "host": "lab7",
        "ip": "10.0.0.7",
        "commit_id": "0123abc",
    }
    assert {row["name"] for row in about["settings"]} == {"SHORT_NAME_SUFFIX"}


@pytest.mark.parametrize("settings", [{"host_name": "my_machine"}, {"host_name": 3}, {"exec_time": "today"}])
def test_what_the_older_logger_did_not_know_is_not_told(write, read_runs, settings: dict[str, Any]) -> None:
    write("a", **settings)
    (run,) = read_runs()
    assert isinstance(run, Run)
    unknown = "host" if "host_name" in settings else "start_time"
    assert unknown not in run.provenance


def test_code_of_older_and_newer_archives_has_the_same_names(tmp_path: Path) -> None:
    def archive(*names: str) -> io.BytesIO:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = 2
                tar.addfile(member, io.BytesIO(b"x\n"))
        buffer.seek(0)
        return buffer

    redactor = mask_of(tmp_path).redactor
    older = read_code(archive("codes/main.py", "codes/env/walk.py"), redactor)
    newer = read_code(archive("main.py", "env/walk.py"), redactor)
    assert older == newer
