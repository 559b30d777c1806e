"""What sml-config costs: import, settings, parsing, provenance; each against its peer or its promise.

Usage: python benchmarks/config.py
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from report import tell

import sml_config
from sml_config.project_settings.scaffold import write_common_config

FILES = ("common_config/common_config.yaml", "common_config/experiment_config.yaml")


def main() -> None:
    """Print one line for each promise."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        imports()
        settings_and_parameters(folder)
        provenance(folder)


def imports() -> None:
    """`from sml_config import init_config` against the two modules that it cannot do without."""
    ours, peer = [], []
    for _ in range(15):  # in turns: the machine is shared
        peer.append(seconds_of([sys.executable, "-c", "import yaml, argparse"]))
        ours.append(seconds_of([sys.executable, "-c", "from sml_config import init_config"]))
    note = f"{statistics.median(ours) * 1e3:.0f} ms with the start of Python"
    tell(
        "from sml_config import init_config / import yaml, argparse",
        statistics.median(ours) / statistics.median(peer),
        "×",
        3,
        note=note,
    )


def settings_and_parameters(folder: Path) -> None:
    """`init_config`, and parsing 50 parameters, against the promise and plain argparse."""
    write_common_config(folder)

    def ours() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            sml_config.init_config(*FILES, folder)

    class Declared(sml_config.ParameterTemplate):
        __annotations__ = {f"p{n}": float for n in range(50)}

    for n in range(50):
        setattr(Declared, f"p{n}", sml_config.param(float(n), help=f"parameter {n}"))

    class Parsed(sml_config.ParameterTemplate):
        def parse(self) -> argparse.Namespace:
            return fifty().parse_args()

    sys.argv = ["main.py", "--p3", "1"]
    tell("init_config", median(ours) * 1e3, "ms")
    plain = median(lambda: fifty().parse_args())
    tell("50 parameters, parse / plain argparse", median(Parsed) / plain, "×", note=f"{plain * 1e3:.2f} ms")
    tell("50 parameters, declared / plain argparse", median(Declared) / plain, "×")

    def both() -> None:
        ours()
        Parsed()

    tell("init_config and 50 parameters", median(both) * 1e3, "ms", 5)


def fifty() -> argparse.ArgumentParser:
    """A parser of 50 arguments."""
    parser = argparse.ArgumentParser()
    for n in range(50):
        parser.add_argument(f"--p{n}", type=float, default=float(n), help=f"parameter {n}")
    return parser


def provenance(folder: Path) -> None:
    """`record_run` in a repository of 10,000 files with a change, on the caller's path."""
    repository = folder / "repository"
    for n in range(10_000):
        path = repository / f"d{n % 100}" / f"f{n}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x = {n}\n" * 20, encoding="utf-8")
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    (repository / "d1" / "f1.py").write_text("changed\n", encoding="utf-8")
    sml_config.set_common_config(BASE_PATH=str(repository))
    runs = iter(range(1000))

    def record() -> None:
        sml_config.record_run(sml_config.RunFolder(folder / f"run{next(runs)}"))

    alone = median(lambda: seconds_of([*git, "diff", "HEAD", "--quiet"], 1), 5) * 1e3
    note = f"git diff HEAD alone takes {alone:.0f} ms"
    tell("record_run in a repository of 10,000 files", median(record, 11) * 1e3, "ms", 50, note=note)


def seconds_of(words: list[str], status: int = 0) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    done = subprocess.run(words, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != status:
        raise SystemExit(f"{words} ended with {done.returncode}")
    return time.perf_counter() - started


def median(call: Callable[[], object], times: int = 31) -> float:
    """Median wall time of a call in seconds, after one to warm up."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
