# ruff: noqa: S608  statements of SQL
"""Tags and notes that a tool recorded are those of the page until the user writes others there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.cli.main import main
from sml_viewer.library import Library

from ..mlflow_tables import MLFLOW_TABLES
from .test_wandb import field, history, item, log, write

RUN = "a" * 32


def wandb_run(logs: Path, labels: tuple[str, ...] = ("baseline", "paper"), note: str = "see issue 3") -> None:
    start = field(1, b"abc123") + field(4, item("lr", 0.1)) + field(9, note.encode())
    start += b"".join(field(10, label.encode()) for label in labels)
    write(logs, log([field(17, start), history(0, loss=1.0), history(1, loss=0.5)]))


def mlflow_run(logs: Path, note: str = "see issue 3") -> None:
    for name, text in {
        "meta.yaml": f"run_id: {RUN}\nrun_name: first\nstatus: 3\n",
        "metrics/loss": "1700000000000 0.5 1\n1700000001000 0.25 2\n",
        "tags/mlflow.note.content": note,
    }.items():
        path = logs / "mlruns" / "0" / RUN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def cells(page: Any) -> dict[str, Any]:
    """Id, tags and note of the only run in the list."""
    columns = page.get("/api/v1/runs").get_json()["columns"]
    of_key = {
        each["key"]: each.get("cells") or [each["values"][code] for code in each["codes"]] for each in columns
    }
    return {key: of_key[key][0] for key in ("id", "tags", "note")}


def change(page: Any, **changes: Any) -> Any:
    content = {"ids": [cells(page)["id"]], "add": [], "remove": [], **changes}
    return page.post("/api/v1/annotations", {"changes": [content]}).get_json()


def test_tags_and_notes_of_wandb_are_shown_and_can_be_searched(
    logs: Path, library: Library, page: Any
) -> None:
    wandb_run(logs)
    library.refresh()
    run = cells(page)
    assert (run["tags"], run["note"]) == (["baseline", "paper"], "see issue 3")
    shown = page.get(f"/api/v1/runs/{run['id']}").get_json()["annotation"]
    assert shown == {"tags": ["baseline", "paper"], "note": "see issue 3", "hidden": False}
    assert page.get("/api/v1/annotations").get_json()["tags"] == {"baseline": 1, "paper": 1}
    assert main(["list", str(logs), "--where", "tag:paper and note ~ issue"]) == 0


def test_tags_and_notes_of_a_script_for_wandb_in_our_run_folder_are_shown(make_run, library: Library) -> None:
    folder = make_run("a", "step,loss\n0,1\n", lr=0.1)
    content = {"run_id": "abc", "wandb": {"tags": ["paper", 3], "notes": "see issue 3"}}
    (folder / "config" / "run_config.json").write_text(json.dumps(content), "utf-8")
    library.refresh()
    (run,) = library.runs()
    assert (run.labels, run.note) == (("paper",), "see issue 3")


def test_the_note_of_mlflow_is_shown(logs: Path, library: Library, page: Any) -> None:
    mlflow_run(logs, "x" * 5000)
    library.refresh()
    assert cells(page)["note"] == "x" * 5000
    assert "tags.mlflow.note.content" not in library.runs()[0].settings


def test_the_note_in_mlflows_database_is_shown_and_a_new_one_is_noticed(
    logs: Path, library: Library, page: Any
) -> None:
    with closing(sqlite3.connect(logs / "mlflow.db")) as database, database:
        database.executescript(
            MLFLOW_TABLES
            + f"""CREATE TABLE tags (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
            INSERT INTO runs VALUES ('{RUN}', 'owl', 'FINISHED', 1, 2, 'active', 1);
            INSERT INTO metrics VALUES ('loss', 0.5, 1, '{RUN}', 1, 0);
            INSERT INTO tags VALUES ('mlflow.note.content', 'first', '{RUN}');"""
        )
    library.refresh()
    assert cells(page)["note"] == "first"
    with closing(sqlite3.connect(logs / "mlflow.db")) as database, database:
        database.execute("UPDATE tags SET value = 'later'")
    library.refresh()
    assert cells(page)["note"] == "later"


def test_what_the_user_writes_stays_whatever_the_tool_says_later(
    logs: Path, library: Library, page: Any
) -> None:
    wandb_run(logs)
    library.refresh()
    undo = change(page, add=["mine"], remove=["paper"], note="")["undo"]
    assert (cells(page)["tags"], cells(page)["note"]) == (["baseline", "mine"], "")
    wandb_run(logs, ("other",), "another note")
    library.refresh()
    assert (cells(page)["tags"], cells(page)["note"]) == (["baseline", "mine"], "")
    wandb_run(logs)
    library.refresh()
    page.post("/api/v1/annotations", undo)
    assert (cells(page)["tags"], cells(page)["note"]) == (["baseline", "paper"], "see issue 3")


def test_removed_tags_of_a_tool_stay_removed(logs: Path, library: Library, page: Any) -> None:
    wandb_run(logs, ("baseline",), "")
    library.refresh()
    change(page, remove=["baseline"])
    assert cells(page)["tags"] == []


@pytest.mark.parametrize("tool", ["wandb", "mlflow"])
def test_an_import_brings_tags_and_note_along(
    tool: str, logs: Path, tmp_path: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wandb_run(logs) if tool == "wandb" else mlflow_run(logs)
    words = ["import", str(logs), "--to", str(tmp_path / "to"), "-wks", str(workspace)]
    assert main(words) == 0
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 unchanged"
    with Library([tmp_path / "to"], workspace) as library:
        library.refresh()
        (run,) = library.runs()
    assert (run.labels, run.note) == (("baseline", "paper") if tool == "wandb" else (), "see issue 3")


def test_an_import_brings_what_the_user_made_of_them(
    logs: Path,
    library: Library,
    page: Any,
    tmp_path: Path,
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wandb_run(logs)
    library.refresh()
    change(page, add=["mine"], remove=["paper", "baseline"], note="")
    assert main(["import", str(logs), "--to", str(tmp_path / "to"), "-wks", str(workspace)]) == 0
    capsys.readouterr()
    assert (
        main(["list", str(tmp_path / "to"), "--where", "tag:mine and not tag:paper", "-wks", str(workspace)])
        == 0
    )
    assert "1 of 1 runs" in capsys.readouterr().out


def test_a_secret_in_a_note_is_masked_and_long_tags_are_cut(logs: Path, library: Library) -> None:
    wandb_run(logs, ("t" * 64, "two\nlines"), "https://me:hunter2@host/x")
    library.refresh()
    (run,) = library.runs()
    assert run.labels == ("t" * 60, "two lines")
    assert "hunter2" not in run.note
