"""Run the benchmarks and write docs/benchmarks.md: `./dev bench [NAME …]`.

Without names all run, one after the other; with names only those are run, and only their sections of the
document are written anew, if the others are of this machine and these versions. Each measures our side and
its peer in the same run, so that a ratio means something on any machine.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
sys.path.insert(0, str(ROOT / "benchmarks"))

from report import COLLECTED, Figure  # noqa: E402  the benchmarks are no package


@dataclass(frozen=True)
class Benchmark:
    """One script, the distribution that it is about, and what it is run with."""

    script: str
    about: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """The words to run it."""
        return ["python", f"benchmarks/{self.script}.py", *self.arguments]


BENCHMARKS = (
    Benchmark("config", "sml-config"),
    Benchmark("logger", "sml-logger"),
    Benchmark("launch", "sml-launch"),
    Benchmark("sync", "sml-sync"),
    Benchmark("viewer", "sml-viewer, the engine", ("--large",)),
    Benchmark("lab", "sml-viewer, what it chooses with nothing set"),
    Benchmark("page", "sml-viewer, the page's server"),
    Benchmark("page_browser", "sml-viewer, the page in a browser"),
    Benchmark("page_plots", "sml-viewer, figures in a browser"),
)
PEERS = [
    *("stable-baselines3", "tensorboard", "tensorboardX", "torch", "trackio"),
    *("numpy", "pandas", "scipy", "matplotlib", "paramiko"),
]
PROGRAMS = [("rsync", "--version"), ("parallel", "--version"), ("ssh", "-V"), ("chromium", "--version")]

HEAD = """# Benchmarks

Measured by `./dev bench`; this file is what it wrote. Absolute times are those of the machine below; ratios
were taken against the named peer in the same run. **MISS** is what does not reach its promise here.
"""


def main() -> int:
    """Run what is named, or all, and write it down; 1 if a benchmark could not run."""
    names = sys.argv[1:]
    known = [benchmark.script for benchmark in BENCHMARKS]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"bench: no benchmark {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    before = DOCUMENT.read_text(encoding="utf-8") if names and DOCUMENT.exists() else ""
    here = machine()
    mixes = bool(before) and here not in before
    if mixes:
        what = f"{DOCUMENT.name} is of another machine or other versions, and stays as it is"
        print(f"bench: {what}; without names all of it is written anew", file=sys.stderr)
    sections = sections_of(before)
    failed = []
    for benchmark in BENCHMARKS:
        if names and benchmark.script not in names:
            continue
        print(f"\n{' '.join(benchmark.command)}", flush=True)
        figures, status = run(benchmark)
        if status:
            failed.append(benchmark.script)
        sections[benchmark.about] = section(benchmark, figures, status)
    found = [sections[benchmark.about] for benchmark in BENCHMARKS if benchmark.about in sections]
    if not mixes:
        DOCUMENT.write_text("\n".join([HEAD, here, *found]), encoding="utf-8")
    if failed:
        print(f"bench: could not be run to the end: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def sections_of(text: str) -> dict[str, str]:
    """What was measured before, by heading."""
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in text.split("\n## ")[1:]}


def run(benchmark: Benchmark) -> tuple[list[Figure], int]:
    """The figures of a benchmark, and its exit status if it broke; a promise that is missed is no break."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        collected = Path(folder) / "figures.jsonl"
        words = [sys.executable, *benchmark.command[1:]]
        environment = {**os.environ, COLLECTED: str(collected)}
        status = subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode
        lines = collected.read_text(encoding="utf-8").splitlines() if collected.exists() else []
    figures = [Figure(**json.loads(line)) for line in lines]
    missed = any(not figure.holds for figure in figures)
    # A benchmark may end with 1 to say that a promise was missed.
    return figures, 0 if missed and status == 1 else status


def section(benchmark: Benchmark, figures: list[Figure], status: int) -> str:
    """A benchmark's part of the document; where it broke, with the figures that it told before."""
    rows = [
        f"| {figure.what} | {figure.measured} | {figure.promise}{'' if figure.holds else ' **MISS**'} "
        f"| {figure.note} |"
        for figure in figures
    ]
    head = [
        f"## {benchmark.about}",
        "",
        f"`{' '.join(benchmark.command)}`",
        "",
        *([f"**BROKEN**: it ended with status {status}, and figures are missing.", ""] if status else []),
        "| what | measured | promise | how |",
    ]
    return "\n".join([*head, "|---|---|---|---|", *rows, ""])


def machine() -> str:
    """What it was measured on, and with which versions."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    versions = [f"Python {platform.python_version()}"]
    for name in PEERS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    versions += filter(None, (_version(*words) for words in PROGRAMS))
    return (
        f"**Machine**: {cpu}, {os.cpu_count()} cores, {memory / 1e6:.0f} GB, {platform.system()} "
        f"{platform.release().split('-')[0]}. **Versions**: {', '.join(versions)}.\n"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def _version(program: str, flag: str) -> str:
    try:
        done = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{program} not installed"
    return (done.stdout or done.stderr).strip().splitlines()[0].split("  protocol")[0]


if __name__ == "__main__":
    sys.exit(main())
