"""A power cut costs at most the rows of FSYNC_SECONDS, and no file that was whole before.

The cut is real: a file system of its own is shut down without its journal being flushed, as ext4 offers it
for tests.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_config.run_folder import read_json, write_atomic
from sml_logger import Logger
from sml_logger.code_archive.archive import store_archive

pytestmark = pytest.mark.slow

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
_WITHOUT_JOURNAL = (2).to_bytes(4, "little")  # EXT4_GOING_FLAGS_NOLOGFLUSH
SECONDS = 1.0


class Disk:
    """An ext4 file system in a file."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder

    def run(self, *words: str | Path) -> None:
        done = subprocess.run([*map(str, words)], check=False, capture_output=True, text=True)
        if done.returncode:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI=true allows no skip: {done.stderr}", pytrace=False)
            pytest.skip(
                f"no file system of one's own here: {' '.join(map(str, words))}: {done.stderr.strip()}"
            )

    def mount(self) -> None:
        self.run("mount", "-o", "loop", self.image, self.folder)

    def cut_the_power(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, _WITHOUT_JOURNAL)
        finally:
            os.close(descriptor)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    disk = Disk(image, folder)
    disk.run("mkfs.ext4", "-q", image)
    disk.mount()
    yield disk
    disk.unmount()


@pytest.mark.serial
def test_a_power_cut_costs_at_most_the_rows_of_the_last_seconds(
    disk: Disk, child: Callable[..., subprocess.Popen[str]], table: Callable[[Path], list[dict[str, str]]]
) -> None:
    (disk.folder / "main.py").write_text("print('train')\n")
    os.sync()
    process = child("power.py", disk.folder, SECONDS)
    assert process.stdout is not None
    acknowledged: list[tuple[int, float]] = []
    while not acknowledged or acknowledged[-1][1] - acknowledged[0][1] < 3.5 * SECONDS:
        step, moment = process.stdout.readline().split()
        acknowledged.append((int(step), float(moment)))
    cut = time.monotonic()
    disk.cut_the_power()
    process.kill()
    process.wait()
    disk.unmount()
    disk.mount()
    run = disk.folder / "logfile" / "a"
    path = run / "progress.csv"
    path.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")  # as every reader does
    rows = [int(row["x"]) for row in table(run)]
    assert rows == list(range(len(rows)))
    safe = max(step for step, moment in acknowledged if moment < cut - SECONDS)
    assert len(rows) > safe
    text = (run / "log.txt").read_text(errors="replace")
    assert f" iter {safe} " in text
    assert read_json(run / "config" / "run_config.json")["run_id"]
    assert read_json(run / "config" / "status.json")["state"] == "running"
    with tarfile.open(run / "coders.tar") as archive:
        assert "main.py" in archive.getnames()
    with Logger(log_name="a", base_path=disk.folder, backup_code=False, resume=True) as resumed:
        assert resumed.step == len(rows)


def test_a_file_that_is_replaced_is_the_old_or_the_new_one_after_a_power_cut(disk: Disk) -> None:
    path = disk.folder / "status.json"
    write_atomic(path, json.dumps({"step": 0}))
    os.sync()
    write_atomic(path, json.dumps({"step": 1}))
    disk.cut_the_power()
    disk.unmount()
    disk.mount()
    assert read_json(path) in ({"step": 0}, {"step": 1})


@pytest.mark.parametrize("damage", ["empty", "zeros", "shorter"])
def test_a_damaged_archive_of_the_same_code_is_not_taken(project: Path, damage: str) -> None:
    cache = project / "logfile" / ".code"
    settings = sml_config.settings()
    time.sleep(0.1)  # files of this very moment are not cached
    store_archive(project / "first.tar", settings, project / "logfile")
    (cached,) = cache.glob("*.tar")
    content = cached.read_bytes()
    (project / "first.tar").unlink()
    cached.chmod(0o644)
    cached.write_bytes({"empty": b"", "zeros": bytes(len(content)), "shorter": content[:512]}[damage])
    store_archive(project / "logfile" / "second.tar", settings, project / "logfile")
    with tarfile.open(project / "logfile" / "second.tar") as archive:
        assert "main.py" in archive.getnames()


def test_an_empty_salt_is_not_taken(project: Path) -> None:
    settings = Settings(CommonConfig(MAIN_MACHINE_PASSWD="correct horse"), ExperimentConfig(), project)
    cache = project / "logfile" / ".code"
    cache.mkdir(parents=True)
    (cache / f"salt-{os.geteuid()}").write_bytes(b"")
    store_archive(project / "logfile" / "a.tar", settings, project / "logfile")
    salt = cache / f"salt-{os.geteuid()}"
    assert len(salt.read_bytes()) == 32
    assert salt.stat().st_mode & 0o777 == 0o600


def test_the_time_can_be_switched_off(
    project: Path, child: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = child("power.py", project, 0)
    assert process.stdout is not None
    process.stdout.readline()
    threads = [(path / "comm").read_text().strip() for path in Path(f"/proc/{process.pid}/task").iterdir()]
    process.kill()
    assert len(threads) == 3  # the script's, the heartbeat and the system metrics
