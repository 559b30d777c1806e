"""Runs side by side."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest


def put_code(run: Path, name: str = "coders.tar", **files: bytes) -> None:
    with tarfile.open(run / name, "w") as archive:
        for file, content in files.items():
            member = tarfile.TarInfo(file)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def three(make_run, library) -> list[Path]:
    """Runs a, b, c that differ in lr; b has late=5 by default, c another package version."""
    runs = []
    for number, name in enumerate("abc"):
        run = make_run(name, f"step,reward\n0,{number}\n", lr=number, same=1)
        facts = {
            "run_id": name,
            "commit_id": "x",
            "packages": {"numpy": "1" if number < 2 else "2"},
            "SUFFIX": number,
        }
        (run / "config" / "run_config.json").write_text(
            json.dumps({**facts, "parameter_defaults": {"late": 5}})
        )
        runs.append(run)
    library.refresh()
    return runs


def rows(content: dict, part: str) -> dict[str, list]:
    return {row["name"]: row["values"] for row in content[part] if not row["same"]}


def test_what_differs_is_told_from_what_does_not(page, three) -> None:
    content = page.get("/api/v1/compare?id=a&id=b&id=c").get_json()
    assert [run["name"] for run in content["runs"]] == ["a", "b", "c"]
    assert rows(content, "parameters") == {"lr": [0, 1, 2]}
    assert {row["name"] for row in content["parameters"]} == {"lr", "same", "late"}
    assert rows(content, "provenance") == {"package numpy": ["1", "1", "2"]}
    assert rows(content, "settings") == {"SUFFIX": [0, 1, 2]}
    reward = next(row for row in content["metrics"] if row["name"] == "reward")
    assert reward["last"] == [0, 1, 2]


def test_code_is_compared_file_by_file(page, three) -> None:
    put_code(
        three[0], **{"main.py": b"a = 1\nb = 2\n", "gone.py": b"x\n", "same.py": b"s\n", "data.bin": b"\0\1"}
    )
    put_code(
        three[1], **{"main.py": b"a = 1\nb = 3\n", "new.py": b"y\n", "same.py": b"s\n", "data.bin": b"\0\2"}
    )
    put_code(
        three[2],
        "codes.tar",
        **{"main.py": b"a = 1\nb = 2\n", "gone.py": b"x\n", "same.py": b"s\n", "data.bin": b"\0\1"},
    )
    first, second = page.get("/api/v1/compare/code?id=a&id=b&id=c").get_json()["others"]
    found = {file["name"]: file for file in first["files"]}
    assert {name: file["change"] for name, file in found.items()} == {
        "main.py": "changed", "gone.py": "removed", "new.py": "added", "data.bin": "changed",
    }  # fmt: skip
    assert found["main.py"]["diff"].splitlines()[2:] == ["@@ -1,2 +1,2 @@", " a = 1", "-b = 2", "+b = 3"]
    assert (found["main.py"]["added"], found["main.py"]["removed"]) == (1, 1)
    assert (found["data.bin"]["diff"], found["data.bin"]["note"]) == (None, "not a text")
    assert second["files"] == []


def test_too_large_a_file_is_named_and_not_compared(page, three) -> None:
    put_code(three[0], **{"big.txt": b"a\n" * 300_000})
    put_code(three[1], **{"big.txt": b"b\n" * 300_000})
    (other,) = page.get("/api/v1/compare/code?id=a&id=b").get_json()["others"]
    assert other["files"][0]["diff"] is None
    assert "larger than" in other["files"][0]["note"]


@pytest.mark.parametrize("content", [None, b"", b"no archive at all" * 100])
def test_why_there_is_no_code_to_compare_is_said(page, three, content: bytes | None) -> None:
    put_code(three[0], **{"main.py": b"a\n"})
    if content is not None:
        (three[1] / "coders.tar").write_bytes(content)
    (other,) = page.get("/api/v1/compare/code?id=a&id=b").get_json()["others"]
    assert other["missing"].startswith("b")


@pytest.mark.parametrize("ids", ["", "id=a", "id=a&id=a", "id=a&id=none"])
def test_what_cannot_be_compared_is_said(page, three, ids: str) -> None:
    answer = page.get(f"/api/v1/compare?{ids}")
    assert answer.status_code in (400, 404)
    assert answer.get_json()["error"]["message"]
