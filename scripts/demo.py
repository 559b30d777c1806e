"""End-to-end demo: train the tutorial's twelve agents in demo/ and show their learning curves.

Usage: ./dev demo [--no-serve] [-p PORT]. Finished tasks are skipped; figures and tables are numbered, and
existing files of the project are not overwritten.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import sml_viewer.cli.main

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "tutorial"


class PageError(Exception):
    """The server of the page did not start; it has printed why."""


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
    if options.no_serve:
        return train(demo) or draw(demo)
    try:
        with page(demo / "logfile", options.port) as server:
            address = f"http://127.0.0.1:{options.port}"
            print(f"watch them learn on {address}/plot", flush=True)
            if status := train(demo) or draw(demo):
                return status
            print(f"open {address}  (stop with Ctrl-C)", flush=True)
            return server.wait()
    except PageError:
        return 1


def train(demo: Path) -> int:
    """Train the agents that have not been trained."""
    print("training 12 agents, two at a time: about a minute on two cores", flush=True)
    started = time.monotonic()
    launch: list[str | Path] = [sys.executable, demo / "generate_parallel_tasks.py", "--backend", "local"]
    if status := subprocess.run(launch, check=False, cwd=demo).returncode:
        return status
    print(f"trained in {time.monotonic() - started:.0f} s", flush=True)
    return 0


def draw(demo: Path) -> int:
    """Write the figure and the table."""
    for command, name in (("plot", "curves.png"), ("table", "table.md")):
        words = [command, "-d", str(demo / "logfile"), "-o", str(demo / name)]
        if status := sml_viewer.cli.main(words):
            return status
    return 0


@contextlib.contextmanager
def page(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Serve the page of a folder in a process that ends with the block. Raises PageError."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sml_viewer", "-d", str(folder), "-lf", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout is None or not any("open http" in line for line in server.stdout):
            raise PageError
        # Later output appears among the demo's own lines.
        threading.Thread(target=shutil.copyfileobj, args=(server.stdout, sys.stdout), daemon=True).start()
        yield server
    finally:
        server.terminate()
        server.wait()


def copy_project(example: Path, demo: Path) -> None:
    """Copy the files of a project that do not exist yet."""
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
