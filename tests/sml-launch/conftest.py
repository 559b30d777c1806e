"""A project whose script records its calls, and the launcher as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Writes one line for each call, whole: arguments, GPU, pid, and when it ran.
RECORDER = """
import json, os, sys, time
started = time.time()
exec(open("behaviour.py").read()) if os.path.exists("behaviour.py") else None
line = json.dumps({
    "argv": sys.argv[1:], "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"), "pid": os.getpid(),
    "started": started, "ended": time.time(), "attempt": os.environ.get("SML_TASK_ATTEMPT"),
    "environment": {name: os.environ.get(name) for name in ("MODE", "PATH", "SETUP")}, "cwd": os.getcwd(),
    "stdin": sys.stdin.read(), "node": os.environ.get("SLURMD_NODENAME"),
})
file = os.open("calls.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(file, line.encode() + b"\\n")
"""


# Values that a shell, a terminal or tmuxp would change.
NASTY = (
    *("a b", 'it\'s "q"', "$HOME", "a;b", "a&&b", "a\tb", "a\nb", "-x", "--", "", "中文 ü", "*", "\\"),
    *("`id`", "$(id)", "%j", "!!", "x" * 20_000),
)


@dataclass(frozen=True)
class Project:
    """A folder with a script and an experiment file."""

    folder: Path

    def sweep(self, text: str = "", name: str = "generate_parallel_tasks.py", **names: Any) -> Path:
        """Write the experiment file; `text` is put before the names."""
        names = {"start_up_header": f"{sys.executable} main.py", **names}
        lines = [text, *(f"{key} = {value!r}" for key, value in names.items())]
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.folder / name

    def behaviour(self, text: str, *, launchers: int = 0) -> None:
        """Set what the script does before it records its call, once `launchers` launchers are running."""
        wait = (
            "import glob\n"
            f"while len(glob.glob('.sml-launch/launches/*.json')) < {launchers}: time.sleep(0.02)\n"
        )
        (self.folder / "behaviour.py").write_text(wait + text if launchers else text)

    def calls(self) -> list[dict[str, Any]]:
        """The completed calls."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def launch(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command, in a process group of its own."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @staticmethod
    def command(*words: str) -> list[str]:
        return [sys.executable, "-m", "sml_launch", *words]

    def sweep_of_nasty_values(self, **names: Any) -> list[list[str]]:
        """Write an experiment file with a task for each; returns the arguments that must arrive, sorted."""
        self.sweep(exclusive_candidates={"text": list(NASTY)}, **names)
        return sorted([f"--text={text}"] if text.startswith("-") else ["--text", text] for text in NASTY)

    def status(self) -> dict[str, Any]:
        """The output of `sml-launch status --json`."""
        done = self.launch("status", "--json")
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def results_of(self, name: str) -> list[str]:
        """The journal lines of launches of this experiment file."""
        launches = [
            json.loads(file.read_text()) for file in (self.folder / ".sml-launch/launches").glob("*.json")
        ]
        ours = {launch["id"] for launch in launches if launch["file"].endswith(name)}
        files = sorted((self.folder / ".sml-launch/results").glob("*.jsonl"))
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [line for line in lines if json.loads(line)["launch"] in ours]

    def wait_for(self, name: str, seconds: float = 60.0) -> None:
        """Wait until a file of the project exists and is not empty."""
        deadline = time.monotonic() + seconds
        while not ((self.folder / name).exists() and (self.folder / name).stat().st_size):
            assert time.monotonic() < deadline, name
            time.sleep(0.05)

    def results(self) -> list[dict[str, Any]]:
        """Every line of the journals."""
        files = sorted((self.folder / ".sml-launch" / "results").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    folder = tmp_path / "a project; 'x' \"y\" 中"
    folder.mkdir()
    (folder / "main.py").write_text(RECORDER)
    monkeypatch.chdir(folder)
    yield Project(folder)
    # Whatever a failed test left: every task has its folder's path in its environment.
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            ours = os.fsencode(folder) in process.read_bytes()
        except OSError:
            continue
        if ours and int(process.parent.name) != os.getpid():
            os.kill(int(process.parent.name), signal.SIGKILL)


def wait_until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until a condition is true and return its value; fails after `seconds`.

    A condition that starts a process is polled a third of the time: what it waits for needs the processor.
    """
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if value := condition():
            return value
        now = time.monotonic()
        assert now < deadline, "waited in vain"
        time.sleep(max(0.05, 2 * (now - began)))


def is_alive(pid: int) -> bool:
    """Whether a process is running; a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., Any]:
    return wait_until


@pytest.fixture(name="is_alive")
def is_alive_fixture() -> Callable[[int], bool]:
    return is_alive
