"""The whole road once: train the tutorial's twelve agents in demo/, then look at their curves.

Usage: ./dev demo [--no-serve] [-p PORT]. Tasks that have finished are skipped; figures and tables are
numbered, never written over; files of the project that are there already stay as they are.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import sml_viewer.cli.main

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "tutorial"


def main() -> int:
    """Run the demo; returns the exit status of the first step that fails."""
    parser = argparse.ArgumentParser(
        prog="./dev demo", description="Train twelve small agents and look at them."
    )
    parser.add_argument("--no-serve", action="store_true", help="end after the runs, a figure and a table")
    parser.add_argument("-p", "--port", type=int, default=7005, help="port of the page (default 7005)")
    options = parser.parse_args()
    demo = ROOT / "demo"
    copy_project(EXAMPLE, demo)

    print("training 12 agents, two at a time: about a minute on two cores", flush=True)
    started = time.monotonic()
    launch: list[str | Path] = [sys.executable, demo / "generate_parallel_tasks.py", "--backend", "local"]
    if status := subprocess.run(launch, check=False, cwd=demo).returncode:
        return status
    print(f"trained in {time.monotonic() - started:.0f} s", flush=True)

    data = ["-d", str(demo / "logfile")]
    for command, name in (("plot", "curves.png"), ("table", "table.md")):
        if status := sml_viewer.cli.main([command, *data, "-o", str(demo / name)]):
            return status
    return 0 if options.no_serve else sml_viewer.cli.main(["serve", *data, "-lf", "-p", str(options.port)])


def copy_project(example: Path, demo: Path) -> None:
    """Copy the files of a project that are not there yet."""
    for source in example.rglob("*"):
        parts = source.relative_to(example).parts
        target = demo.joinpath(*parts)
        if source.is_file() and not {"logfile", "logfile_bk", "__pycache__", ".sml-launch"} & set(parts):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(source, target)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
