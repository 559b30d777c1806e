"""The code that ran is archived, without secrets, and can be built anew."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger, RunFolderError
from sml_logger.cli import main
from sml_logger.code_archive import project_files as tree
from sml_logger.code_archive.reproduce import reproduce

SECRET = "correct-horse-battery"


@pytest.fixture
def code(project: Path) -> Path:
    """A project with all kinds of things in it, as a git repository with uncommitted changes."""
    files = {
        "main.py": "import sys\nprint('ran', open('package/data.txt').read(), *sys.argv[1:])\n",
        "package/__init__.py": "",
        "package/data.txt": "数据",
        "package/deep/er/module.py": "x = 1\n",
        "script.sh": "#!/bin/sh\necho hi\n",
        "odd name, 'quoted' \n.py": "pass\n",
        ".hidden": "left out by its head",
        "__pycache__/main.pyc": "left out by its head",
        "my_baselines/run.py": "left out by its key",
        "package/checkpoint.pt": "left out by its tail",
        "logfile_old/x.txt": "left out by its key",
    }
    for name, content in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (project / "script.sh").chmod(0o755)
    (project / "empty").mkdir()
    (project / "link.py").symlink_to("main.py")
    (project / "link_to_data").symlink_to("/nonexistent/data")
    os.mkfifo(project / "fifo")
    (project / "big.bin").write_bytes(b"x" * (tree.LARGEST_FILE_BYTES + 1))
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "main.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    (project / "main.py").write_text(files["main.py"] + "# uncommitted\n")
    common = CommonConfig(
        BACKUP_IGNORE_KEY=["logfile", "baselines"],
        BACKUP_IGNORE_TAIL=[".pt"],
        LOG_FOLDER_NAME="runs",  # no rule names it: the logs are left out all the same
        MAIN_MACHINE_PASSWD=SECRET,
    )
    sml_config.set_settings(Settings(common, ExperimentConfig(), project))
    return project


KEPT_OUT = {".hidden", ".git", "__pycache__", "my_baselines", "logfile_old", "runs", "fifo", "big.bin"}


def contents(folder: Path) -> dict[str, tuple[int, object]]:
    """Mode and content of everything in a folder that the rules keep."""
    content: dict[str, tuple[int, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if set(name.parts) & KEPT_OUT or path.suffix == ".pt":
            continue
        if path.is_symlink():
            content[str(name)] = (0, path.readlink())
        elif path.is_dir():
            content[str(name)] = (stat.S_IMODE(path.stat().st_mode), None)
        else:
            content[str(name)] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return content


def new_run(name: str = "a") -> Path:
    with Logger(log_name=name) as logger:
        pass
    return Path(logger.output_dir)


def test_the_tree_is_rebuilt_byte_by_byte_with_uncommitted_changes(code: Path, tmp_path: Path) -> None:
    expected = contents(code)
    assert {"main.py", "empty", "link.py", "link_to_data", "odd name, 'quoted' \n.py"} < expected.keys()
    run = new_run()
    assert (run / "coders.tar").stat().st_mode & 0o222 == 0
    (code / "main.py").write_text("changed later\n")
    reproduction = reproduce(run, tmp_path / "anew")
    outside = expected.pop("link_to_data")
    assert contents(tmp_path / "anew") == expected
    assert b"# uncommitted" in (tmp_path / "anew" / "main.py").read_bytes()
    assert reproduction.marked == [
        ("link_to_data", f"not extracted: a link to {outside[1]}, outside of the project")
    ]
    reasons = dict(reproduction.left_out)
    assert {"fifo", "big.bin", ".hidden", ".git", "my_baselines"} <= reasons.keys()
    assert "bytes" in reasons["big.bin"]
    assert "left out big.bin" in (run / "log.txt").read_text()


def test_secrets_are_replaced_and_the_places_named(code: Path, tmp_path: Path) -> None:
    (code / "settings.yaml").write_text(f"password: {SECRET}\nagain: '{SECRET}'\n")
    run = new_run()
    assert SECRET.encode() not in (run / "coders.tar").read_bytes()
    reproduction = reproduce(run, tmp_path / "anew")
    assert ("settings.yaml", "redacted: 2") in reproduction.marked
    assert (tmp_path / "anew" / "settings.yaml").read_text().count("<redacted>") == 2
    # Another secret is another archive, though no file has changed.
    now = sml_config.settings()
    common = replace(now.common, MAIN_MACHINE_PASSWD="uncommitted")
    sml_config.set_settings(replace(now, common=common))
    assert b"# uncommitted" not in (new_run("b") / "coders.tar").read_bytes()


def test_a_secret_that_is_logged_is_in_no_file(code: Path) -> None:
    logger = Logger(log_name="a", log_signature="s")
    logger(f"connecting with {SECRET}")
    logger.log_tabular("note", f"pw {SECRET}", no_tb=True)
    logger.dump_tabular()
    logger.end("failed", f"cannot log in with {SECRET}")
    for path in Path(logger.output_dir).rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_runs_of_the_same_code_share_one_archive_that_was_read_once(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A change within the clock's tick would not show, so fresh files are not cached; wait for the tick.
    wait_for_tick(code)
    runs = [new_run(f"run {number}") for number in range(5)]
    inodes = {(run / "coders.tar").stat().st_ino for run in runs}
    assert len(inodes) == 1
    (cached,) = (code / "runs" / ".code").glob("*.tar")
    assert cached.stat().st_nlink == 6
    (code / "main.py").write_text("print(2)\n")
    wait_for_tick(code)
    assert (new_run("other") / "coders.tar").stat().st_ino not in inodes


def test_the_same_code_gives_the_same_bytes_elsewhere_and_later(code: Path, tmp_path: Path) -> None:
    first = (new_run("a") / "coders.tar").read_bytes()
    subprocess.run(["cp", "-r", str(code), str(tmp_path / "copy")], check=True)
    now = sml_config.settings()
    sml_config.set_settings(replace(now, base_path=tmp_path / "copy"))
    assert (new_run("a") / "coders.tar").read_bytes() == first


def test_a_change_right_after_the_archive_is_seen(code: Path) -> None:
    for number in range(20):
        (code / "main.py").write_text(f"print({number:02d})\n")  # same size, maybe the same tick
        with tarfile.open(new_run(f"run {number}") / "coders.tar") as archive:
            member = archive.extractfile("main.py")
            assert member is not None
            assert member.read() == f"print({number:02d})\n".encode()


def test_a_home_folder_is_not_archived_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_ENTRIES", 50)
    for number in range(60):
        (project / f"file_{number:02d}.txt").write_text("x")
    run = new_run()
    with tarfile.open(run / "coders.tar") as archive:
        assert len(archive.getnames()) == 50
        assert "main.py" in archive.getnames()
    assert "more than 50 files" in (run / "log.txt").read_text()


def test_the_command_names_what_differs_and_runs_the_script_anew(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("SML_")]:
        monkeypatch.delenv(name)  # the script is to find its settings itself
    script = "import sys\nfrom sml_logger import Logger\nLogger(log_name='cli')\n"
    (code / "train.py").write_text(script + "print(open('package/data.txt').read(), *sys.argv[1:])\n")
    words = [sys.executable, "train.py", "--lr", "1e-3", "two words"]
    subprocess.run(words, cwd=code, check=True, capture_output=True)
    run = code / "logfile" / "cli"
    config = run / "config" / "run_config.json"
    config.write_text(config.read_text().replace('"pytest": "', '"pytest": "0.'))
    command = [sys.executable, "-m", "sml_logger", "reproduce", str(run), "-o", str(tmp_path / "anew")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert f"cd {tmp_path / 'anew'} && " in done.stdout
    assert "train.py --lr 1e-3 'two words'" in done.stdout
    assert "pytest: 0." in done.stdout
    assert "  big.bin (" in done.stdout
    command[-1] = str(tmp_path / "again")
    done = subprocess.run([*command, "--run"], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.endswith("数据 --lr 1e-3 two words\n")
    assert (tmp_path / "again" / "logfile" / "cli").is_dir()


def test_reproduce_refuses_to_overwrite_and_rejects_other_folders(
    code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = new_run()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("precious")
    with pytest.raises(RunFolderError, match="not an empty folder"):
        reproduce(run, tmp_path / "full")
    with pytest.raises(RunFolderError, match=r"has neither coders\.tar"):
        reproduce(tmp_path, tmp_path / "x")
    (run / "coders.tar").unlink()
    (run / "coders.tar").write_bytes(b"not a tar")
    assert main(["reproduce", str(run), "-o", str(tmp_path / "y")]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_an_archive_that_wants_out_of_its_folder_is_refused(code: Path, tmp_path: Path) -> None:
    run = new_run()
    (run / "coders.tar").unlink()
    with tarfile.open(run / "coders.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../evil.py"))
    assert main(["reproduce", str(run), "-o", str(tmp_path / "anew")]) == 2
    assert not (tmp_path / "evil.py").exists()


def wait_for_tick(folder: Path) -> None:
    """Wait until the newest file of a project is older than a tick of the file system's clock."""
    newest = max(path.lstat().st_ctime for path in [folder, *folder.rglob("*")])
    while time.time() - newest < 0.1:
        time.sleep(0.01)
