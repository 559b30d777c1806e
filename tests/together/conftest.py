"""A fresh copy of the repository for a newcomer: an empty home folder, no cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Newcomer:
    """The working folder of a newcomer, and the environment of their shell."""

    checkout: Path
    environment: dict[str, str]

    def run(self, *words: str | Path, cwd: Path | None = None) -> str:
        """Run a command and return its output; fails the test with the output if the command fails."""
        done = subprocess.run(
            words,
            cwd=cwd or self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def start(self, *words: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start a command; its output is read from its pipe."""
        return subprocess.Popen(
            words,
            cwd=cwd or self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def readme(self, language: str) -> list[str]:
        """The README's code blocks of a language, in order."""
        blocks = (self.checkout / "README.md").read_text().split("```")[1::2]
        return [block.partition("\n")[2] for block in blocks if block.startswith(f"{language}\n")]


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    base = tmp_path_factory.mktemp("a newcomer's")
    home, checkout = base / "home", base / "smart logger"
    home.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    # Of the environment they have only how the network is reached; the programs are those of the system.
    environment = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    environment.pop("PIP_CACHE_DIR", None)
    here = os.environ.get("VIRTUAL_ENV", "no environment")
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.startswith(here)]
    environment |= {"PATH": os.pathsep.join(path), "HOME": str(home), "LANG": "C.UTF-8"}
    environment |= {"PIP_NO_COMPILE": "1"}  # most of what is installed is not imported
    return Newcomer(checkout, environment)


@pytest.fixture(scope="session")
def installed(newcomer: Newcomer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Newcomer, Path]:
    """The README's installation, in an environment of the newcomer's own; with it an empty project."""
    project = tmp_path_factory.mktemp("project")
    newcomer.run("python3", "-m", "venv", project / "venv")
    path = f"{project / 'venv' / 'bin'}{os.pathsep}{newcomer.environment['PATH']}"
    theirs = Newcomer(newcomer.checkout, {**newcomer.environment, "PATH": path})
    for command in theirs.readme("sh")[1].splitlines():
        theirs.run("sh", "-c", command)
    return theirs, project
