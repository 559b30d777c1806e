"""What the code archive takes where not everything fits, and what it never takes unless it is told to."""

from __future__ import annotations

import os
import subprocess
import tarfile
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

import sml_config
from sml_logger import Logger
from sml_logger.code_archive import project_files as tree
from sml_logger.code_archive.archive import PRIVATE_KEY
from sml_logger.code_archive.file_kinds import holds_keys


def archived(project: Path, name: str = "a") -> set[str]:
    with Logger(log_name=name) as logger:
        pass
    with tarfile.open(Path(logger.output_dir, "coders.tar")) as archive:
        return set(archive.getnames())


def write(project: Path, *names: str, content: str = "x = 1\n") -> None:
    for name in names:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def git(project: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(project), *identity, *words], check=True, capture_output=True)


def log_text(project: Path, name: str = "a") -> str:
    return (project / "logfile" / name / "log.txt").read_text()


def test_many_small_files_of_data_leave_room_for_the_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 40)
    write(
        project,
        *(f"data/{number:03}.jpg" for number in range(100)),
        "train.py",
        "src/model.py",
        "z/conf.yaml",
    )
    names = archived(project)
    assert {"main.py", "train.py", "src/model.py", "z/conf.yaml", "data/000.jpg"} <= names
    assert len(names) <= 40
    assert "left out data (" in log_text(project)
    assert "of its files" in log_text(project)


def test_a_folder_of_generated_sources_leaves_room_for_the_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 30)
    monkeypatch.setattr(tree, "_CROWDED", 20)
    write(project, *(f"abc/{number}.py" for number in range(40)), "pkg/deep/model.py")
    names = archived(project)
    assert {"main.py", "pkg/deep/model.py", "abc/0.py"} <= names
    assert "left out abc (" in log_text(project)


@pytest.mark.parametrize(
    "data",
    ["assets/{}.json", "assets/a/{}.json", "assets/{}/meta.json", "abc/{}.py", "data/{}"],
)
def test_generated_files_by_the_thousand_leave_room_for_the_settings(
    project: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 30)
    monkeypatch.setattr(tree, "_CROWDED", 20)
    write(project, *(data.format(number) for number in range(40)), content="")
    settings = {"conf.toml", "config.json", "src/conf/deep/net.json", "src/run.py"}
    write(project, *settings)
    names = archived(project)
    assert settings <= names
    assert len(names) <= 30


def test_settings_near_the_top_come_before_deeper_ones(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 10)
    write(project, *(f"a/b/{number}.yaml" for number in range(15)), content="")
    write(project, "z/conf.yaml", "conf.yaml")
    assert {"z/conf.yaml", "conf.yaml"} <= archived(project)


def test_large_files_of_settings_come_after_small_ones(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "LARGEST_TREE_BYTES", 50_000)
    monkeypatch.setattr(tree, "_LARGEST_SETTINGS_BYTES", 5_000)
    write(project, *(f"{number}.json" for number in range(9)), content="x" * 9_000)
    write(project, "a/b/conf.yaml", "train.py")
    assert {"a/b/conf.yaml", "train.py", "0.json"} <= archived(project)


def test_data_in_text_files_leaves_room_for_the_settings(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 40)
    monkeypatch.setattr(tree, "_CROWDED", 20)
    write(
        project,
        *(f"assets/{folder}/{number}.json" for folder in range(10) for number in range(5)),
        content="1",
    )
    write(project, "conf/model/size/large.yaml", "pyproject.toml", content="width: 1024\ndepth: 24\n")
    names = archived(project)
    assert {"pyproject.toml", "conf/model/size/large.yaml", "assets/0/0.json"} <= names
    assert len(names) <= 40


def test_large_files_of_data_leave_room_for_the_code(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST_TREE_BYTES", 50_000)
    write(project, *(f"data/{number}.npy" for number in range(9)), content="x" * 9_000)
    write(project, "unknown.thing", content="x" * 20_000)
    write(project, "train.py", "src/model.py", content="x" * 5_000)
    names = archived(project)
    assert {"train.py", "src/model.py", "unknown.thing", "data/0.npy"} <= names
    assert "data/8.npy" not in names
    assert "left out data (7 of its files, 0.1 MB" in log_text(project)


def test_what_git_tracks_comes_before_other_sources(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, "zoo/kept.py")
    git(project, "init", "-q")
    git(project, "add", "zoo/kept.py")
    write(project, *(f"copy/{number}.py" for number in range(30)))
    monkeypatch.setattr(tree, "MOST_ENTRIES", 10)
    assert "zoo/kept.py" in archived(project)


@pytest.mark.parametrize("is_repository", [True, False])
def test_what_git_ignores_is_left_out_by_default(project: Path, is_repository: bool) -> None:
    write(project, ".gitignore", content="/outputs/\n*.tmp.py\n!kept.tmp.py\n")
    write(project, "outputs/a.py", "deep/b.tmp.py", "deep/c.py", "kept.tmp.py", "train.py")
    if is_repository:
        git(project, "init", "-q")
        git(project, "add", "train.py")
    names = archived(project)
    assert {"train.py", "kept.tmp.py", "main.py", "deep/c.py"} <= names
    assert not names & {"outputs", "outputs/a.py", "deep/b.tmp.py"}
    assert "left out outputs, deep/b.tmp.py (ignored by git" in log_text(project)
    now = sml_config.settings()
    sml_config.set_settings(replace(now, common=replace(now.common, BACKUP_GIT_IGNORED=True)))
    assert {"outputs/a.py", "deep/b.tmp.py"} <= archived(project, "b")


def test_a_project_inside_of_what_an_outer_repository_ignores_is_archived(project: Path) -> None:
    write(project.parent, ".gitignore", content="*\n")
    git(project.parent, "init", "-q")
    assert "main.py" in archived(project)


def test_key_files_are_left_out_and_named_unless_they_are_asked_for(project: Path) -> None:
    names = {
        "id_rsa",
        "id_ed25519",
        "server.pem",
        "tls.key",
        "prod.env",
        "netrc",
        "credentials.json",
        "a/kaggle.json",
    }
    write(project, *names, "id_rsa.pub", "keys.py", "environment.yml")
    (project / "deploy.txt").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n")
    members = archived(project)
    assert not members & names
    assert {"id_rsa.pub", "keys.py", "environment.yml"} <= members
    for name in names:
        assert f"left out {name} (files of this name usually hold keys or passwords" in log_text(project)
    assert f"left out deploy.txt ({PRIVATE_KEY})" in log_text(project)
    assert b"OPENSSH" not in (project / "logfile" / "a" / "coders.tar").read_bytes()
    now = sml_config.settings()
    sml_config.set_settings(replace(now, common=replace(now.common, BACKUP_KEY_FILES=True)))
    assert names | {"deploy.txt"} <= archived(project, "b")
    assert b"OPENSSH" in (project / "logfile" / "b" / "coders.tar").read_bytes()


@pytest.mark.parametrize(
    "name", ["train.py", "tokenizer.json", "env.py", "keyboard.py", "monkey.txt", "keys"]
)
def test_names_that_only_look_like_it_are_code(name: str) -> None:
    assert not holds_keys(name)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="makes a folder that nobody else may write, which root sees through"
)
def test_a_cache_that_belongs_to_somebody_else_costs_no_archive(project: Path, open_to_all) -> None:
    write(project, "train.py")
    # Loads every module while this user may read them.
    Logger(log_name="before", base_path=project.parent / "elsewhere").close()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            (project / "logfile").mkdir()
            (project / "logfile" / ".code").mkdir(mode=0o755)
            open_to_all(project)
            for folder in (project, project / "logfile"):
                folder.chmod(0o777)
            os.setgid(65534)
            os.setuid(65534)
            code = 0 if "train.py" in archived(project) else 2
        except BaseException:  # noqa: BLE001  the parent learns of it by the status
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
