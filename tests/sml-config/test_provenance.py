"""Where a run comes from, in a repository and wherever there is none."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sml_config
from sml_config import RunFolder
from sml_config.run_record import record
from sml_config.run_record.git import Checkout, GitQuery
from sml_config.run_record.provenance import gpu_names, installed_packages, provenance


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "仓库 with 'quotes"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").write_text("one = 1\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def slow_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts a `git` first on PATH that sleeps before it answers, or for ever."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = subprocess.run(
        ["sh", "-c", "command -v git"], check=True, capture_output=True, text=True
    ).stdout.strip()

    def put(seconds: str) -> None:
        script = folder / "git"
        script.write_text(f'#!/bin/sh\nsleep {seconds}\nexec {shlex.quote(real)} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    yield put
    for thread in list(record._late_records):
        thread.join(20)


def recorded(folder: Path, base: Path) -> dict[str, Any]:
    sml_config.set_common_config(BASE_PATH=str(base))
    return sml_config.record_run(RunFolder(folder))


def settled(folder: Path) -> dict[str, Any]:
    """The file after git has answered."""
    for thread in list(record._late_records):
        thread.join(20)
    content: dict[str, Any] = json.loads(RunFolder(folder).run_config.read_text(encoding="utf-8"))
    return content


def test_a_clean_repository_gives_its_commit(repository: Path, tmp_path: Path) -> None:
    recorded(tmp_path / "run", repository)
    facts = settled(tmp_path / "run")
    assert facts["commit_id"] == git(repository, "rev-parse", "HEAD")
    assert facts["dirty"] is False
    assert not RunFolder(tmp_path / "run").patch.exists()


def test_uncommitted_changes_are_kept_as_a_patch_without_secrets(repository: Path, tmp_path: Path) -> None:
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="planted-password")
    (repository / "a.py").write_text("two = 2\npw = 'planted-password'\n", encoding="utf-8")
    (repository / "b.py").write_text("never added\n", encoding="utf-8")
    recorded(tmp_path / "run", repository / ".")
    facts = settled(tmp_path / "run")
    assert facts["dirty"] is True
    assert facts["uncommitted"]["redacted_places"] == 1
    assert facts["uncommitted"]["saved"] is True
    patch = RunFolder(tmp_path / "run").patch.read_text(encoding="utf-8")
    assert "+two = 2\n+pw = '<redacted>'\n" in patch
    git(repository, "checkout", "-q", "a.py")
    subprocess.run(["git", "apply", "-"], input=patch, cwd=repository, check=True, text=True)
    assert (repository / "a.py").read_text(encoding="utf-8").startswith("two = 2\n")


def test_a_patch_that_is_too_large_is_not_kept_and_said_so(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_config.run_record.git.LARGEST_PATCH", 100)
    (repository / "a.py").write_text("x\n" * 1000, encoding="utf-8")
    recorded(tmp_path / "run", repository)
    facts = settled(tmp_path / "run")
    assert facts["dirty"] is True
    assert facts["uncommitted"]["saved"] is False
    assert facts["uncommitted"]["bytes"] > 2000
    assert not RunFolder(tmp_path / "run").patch.exists()


def test_a_worktree_is_a_repository_too(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    assert provenance(tmp_path / "tree")["commit_id"] == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("kind", ["outside", "no commits", "no git", "no folder"])
def test_where_git_cannot_say_the_fields_are_null_without_noise(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    if kind != "no folder":
        base.mkdir()
    if kind == "no commits":
        git(base, "init", "-q")
        (base / "a.py").write_text("x", encoding="utf-8")
        git(base, "add", ".")
    if kind == "no git":
        monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    facts = provenance(base)
    assert (facts["commit_id"], facts["dirty"]) == (None, None)
    assert {name for name, value in facts.items() if value is None} <= {"commit_id", "dirty", "gpus", "ip"}
    assert capfd.readouterr() == ("", "")


def test_a_git_that_hangs_is_given_up(
    tmp_path: Path,
    repository: Path,
    slow_git: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    slow_git("1000")
    monkeypatch.setattr("sml_config.run_record.git.SECONDS", 0.3)
    recorded(tmp_path / "run", repository)
    facts = settled(tmp_path / "run")
    assert (facts["commit_id"], facts["dirty"]) == (None, None)
    assert GitQuery(repository).result(10) == Checkout()
    assert capfd.readouterr() == ("", "")


def test_a_slow_git_answers_later_and_nobody_waits(
    tmp_path: Path, repository: Path, slow_git: Callable[[str], None]
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "a.py").write_text("two = 2\n", encoding="utf-8")
    slow_git("0.5")
    first = recorded(tmp_path / "run", repository)
    assert (first["commit_id"], first["dirty"]) == (None, None)
    later = settled(tmp_path / "run")
    assert (later["commit_id"], later["dirty"], later["run_id"]) == (commit, True, first["run_id"])
    assert RunFolder(tmp_path / "run").patch.exists()


def test_a_late_answer_does_not_bring_a_removed_run_back(
    tmp_path: Path, repository: Path, slow_git: Callable[[str], None]
) -> None:
    slow_git("0.5")
    recorded(tmp_path / "run", repository)
    (tmp_path / "run").rename(tmp_path / "moved")
    for thread in list(record._late_records):
        thread.join(20)
    assert not (tmp_path / "run").exists()


def test_a_script_that_ends_at_once_still_records_its_commit(
    tmp_path: Path, repository: Path, slow_git: Callable[[str], None], run_script: Callable[..., Any]
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    slow_git("0.3")
    script = f"""
import sml_config
sml_config.set_common_config(BASE_PATH={str(repository)!r})
sml_config.record_run(sml_config.RunFolder(__import__("pathlib").Path({str(tmp_path / "run")!r})))
"""
    done = run_script(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(RunFolder(tmp_path / "run").run_config.read_text())["commit_id"] == commit


def test_the_process_is_described_without_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="pass'word 1")
    monkeypatch.setattr(
        sys, "orig_argv", ["python", "main.py", "--pw", "pass'word 1", "--note=a pass'word 1 b"]
    )
    facts = provenance(tmp_path)
    assert facts["command"] == "python main.py --pw '<redacted>' '--note=a <redacted> b'"
    assert facts["pid"] == os.getpid()
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "environ" not in json.dumps(sorted(facts))


def test_packages_are_those_that_are_installed() -> None:
    from importlib.metadata import version

    packages = installed_packages()
    for name in ("numpy", "pyyaml", "pytest", "sml-config"):
        assert packages[name] == version(name)


def test_gpu_names_are_a_list_or_unknown() -> None:
    names = gpu_names()
    assert names is None or all(names)


def test_git_is_not_told_of_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    result = GitQuery(repository).result()
    assert result is not None
    assert result.commit is not None
    assert result.dirty is False


def test_without_a_place_for_temporary_files_git_is_not_asked(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    assert provenance(repository)["commit_id"] is None
