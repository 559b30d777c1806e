"""Rows that a tracker loses when its process is killed two seconds after the last of 200 rows.

Usage: python benchmarks/rows_lost.py [--markdown] [TRACKER ...]; by default all that can be imported.
Each runs in a process of its own with its own defaults, offline. SIGKILL goes to the training process alone,
as from the kernel when memory is short, or to it and the processes that it has started, as when a container,
a Slurm job or the node ends. Ten seconds later the rows are read by the tracker's own reader.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import io
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from report import tell

ROWS, METRICS = 200, 12
LAST = f"metric_{METRICS - 1}"
BETWEEN_ROWS, BEFORE_KILL, AFTER_KILL = 0.02, 2.0, 10.0
KILLS = ("the training process alone", "all its processes")
OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "SWANLAB_MODE": "offline",
    "TRACKIO_DIR": "trackio",
}

Row = dict[str, float]
Log = Callable[[Row, int], object]


class Tracker(NamedTuple):
    """How a tracker logs rows, how many it has then, and the package that it is."""

    package: str
    start: Callable[[], Log]
    count: Callable[[], int]


def _by_scalars(writer: Any) -> Log:
    """One call for each metric, as TensorBoard's writers want."""

    def log(row: Row, step: int) -> None:
        for name, value in row.items():
            writer.add_scalar(name, value, step)

    return log


def _start_logger() -> Log:
    from sml_logger import Logger

    logger = Logger(log_name="rows", backup_code=False)

    def log(row: Row, _: int) -> None:
        logger.add_tabular_data(**row)
        logger.dump_tabular()

    return log


def _start_log() -> Log:
    from sml_logger import Logger

    logger = Logger(log_name="rows", backup_code=False)
    return lambda row, step: logger.log(row, step=step)


def _start_our_writer() -> Log:
    from sml_logger.tensorboard import SummaryWriter

    return _by_scalars(SummaryWriter("rows"))


def _start_our_wandb() -> Log:
    import sml_logger.wandb as wandb

    run = wandb.init(project="rows")
    return lambda row, _: run.log(row)


def _count_table() -> int:
    """Complete lines of the only table."""
    (path,) = Path().rglob("progress.csv")
    header, *lines = path.read_text().splitlines(keepends=True)
    place = header.rstrip("\n").split(",").index(LAST)
    return sum(line.endswith("\n") and line.rstrip("\n").split(",")[place] != "" for line in lines)


def _start_tensorboardx() -> Log:
    from tensorboardX import SummaryWriter

    return _by_scalars(SummaryWriter("rows"))


def _start_torch() -> Log:
    from torch.utils.tensorboard import SummaryWriter

    return _by_scalars(SummaryWriter("rows"))


def _count_events() -> int:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator("rows", size_guidance={"scalars": 0})
    reader.Reload()
    return len(reader.Scalars(LAST)) if LAST in reader.Tags()["scalars"] else 0


def _start_wandb() -> Log:
    import wandb

    run = wandb.init(project="rows")
    return lambda row, _: run.log(row)


def _count_wandb() -> int:
    """Rows in W&B's file, joined by sml-viewer: W&B reads it only to send it to its server."""
    from sml_viewer.library import Library

    library = Library([Path.cwd()], Path("workspace").absolute())
    library.refresh()
    runs = [run for run in library.runs() if LAST in run.columns]
    columns = [columns[LAST].tolist() for columns in library.columns(runs, [LAST])]
    return sum(value == value for values in columns for value in values)


def _start_trackio() -> Log:
    import trackio

    trackio.init(project="rows", embed=False)
    return lambda row, step: trackio.log(row, step=step)


def _count_trackio() -> int:
    with contextlib.closing(sqlite3.connect("trackio/rows.db")) as database:
        ((number,),) = database.execute("SELECT count(*) FROM metrics")
    return int(number)


def _start_mlflow() -> Log:
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("rows")
    mlflow.start_run()
    return lambda row, step: mlflow.log_metrics(row, step=step)


def _count_mlflow() -> int:
    with contextlib.closing(sqlite3.connect("mlflow.db")) as database:
        ((number,),) = database.execute("SELECT count(*) FROM metrics WHERE key = ?", (LAST,))
    return int(number)


def _start_swanlab() -> Log:
    import swanlab

    swanlab.init(project="rows", mode="offline", log_dir="swanlog")
    return lambda row, step: swanlab.log(row, step=step)


def _count_swanlab() -> int:
    from swanlab.proto.swanlab.record.v1.record_pb2 import Record
    from swanlab.sdk.internal.core_python.store import DataStoreReader

    (path,) = Path("swanlog").glob("run-*/*.swanlab")
    if not path.stat().st_size:
        return 0
    reader = DataStoreReader()
    reader.open(path)
    return sum(Record.FromString(record).scalar.key == LAST for record in reader)


TRACKERS = {
    "sml-logger": Tracker("sml-logger", _start_logger, _count_table),
    "sml-logger, log": Tracker("sml-logger", _start_log, _count_table),
    "sml-logger, SummaryWriter": Tracker("sml-logger", _start_our_writer, _count_table),
    "sml-logger, wandb": Tracker("sml-logger", _start_our_wandb, _count_table),
    "tensorboardX": Tracker("tensorboardX", _start_tensorboardx, _count_events),
    "torch SummaryWriter": Tracker("torch", _start_torch, _count_events),
    "wandb, offline": Tracker("wandb", _start_wandb, _count_wandb),
    "trackio": Tracker("trackio", _start_trackio, _count_trackio),
    "mlflow, SQLite": Tracker("mlflow", _start_mlflow, _count_mlflow),
    "swanlab, offline": Tracker("swanlab", _start_swanlab, _count_swanlab),
}


def write(name: str) -> None:
    """Log the rows, tell so, and wait for the end."""
    chance = random.Random(0)
    with Path("output.txt").open("w") as output, contextlib.redirect_stdout(output):
        log = TRACKERS[name].start()
        for step in range(ROWS):
            log({f"metric_{index}": chance.gauss(0, 1) for index in range(METRICS)}, step)
            time.sleep(BETWEEN_ROWS)
        os.write(1, b"logged\n")
        time.sleep(600)


def lost(name: str, kill: str) -> int:
    """The number of rows that a tracker has lost."""
    with tempfile.TemporaryDirectory(prefix="rows-lost-") as folder:
        command = [sys.executable, str(Path(__file__).resolve()), name]
        environment = {**os.environ, **OFFLINE, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        errors = Path(folder, "errors.txt")
        with (
            errors.open("w") as output,
            subprocess.Popen(
                [*command, "--write"],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            ) as process,
        ):
            logged = process.stdout.readline() if process.stdout is not None else b""
            others = [*descendants(process.pid)]
            if logged:
                time.sleep(BEFORE_KILL)
            os.kill(process.pid, signal.SIGKILL)
            for number in others if kill == KILLS[1] else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
        if not logged:
            raise SystemExit(f"rows_lost: {name} ended before all rows were logged:\n{errors.read_text()}")
        if others:
            time.sleep(AFTER_KILL)
        done = subprocess.run(
            [*command, "--count"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"rows_lost: {name} could not be read:\n{done.stderr}")
        for number in others:  # what waits for a process that is gone
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return ROWS - int(done.stdout.split()[-1])


def descendants(parent: int) -> Iterator[int]:
    """The processes that a process and those below it have started."""
    children = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    waiting = [parent]
    while waiting:
        below = children.get(waiting.pop(), [])
        yield from below
        waiting += below


def versions() -> dict[str, str]:
    """The versions of the trackers that can be imported, by the trackers' names."""
    return {
        name: importlib.metadata.version(tracker.package)
        for name, tracker in TRACKERS.items()
        if importlib.util.find_spec(tracker.package.replace("-", "_")) is not None
    }


def reported(name: str, kill: str, counts: list[int]) -> bool:
    """Tell the median of sorted counts; of ours, of which none may be lost, the largest."""
    is_ours = TRACKERS[name].package == "sml-logger"
    value = counts[-1] if is_ours else statistics.median(counts)
    note = f"{counts[0]} to {counts[-1]} in {len(counts)} kills"
    what = f"rows lost, {name}, SIGKILL to {kill}"
    return tell(what, value, f"of {ROWS}", 0 if is_ours else None, note=note)


def cell(counts: list[int]) -> str:
    """The median of sorted counts, with their range."""
    median = f"{statistics.median(counts):g}"
    return median if counts[0] == counts[-1] else f"{median} ({counts[0]} to {counts[-1]})"


def main() -> int:
    """Print how many rows each tracker lost; 1 if ours lost any."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trackers", nargs="*", help="default: all that can be imported")
    parser.add_argument("--rounds", type=int, default=3, help="kills of each tracker; default: 3")
    parser.add_argument("--markdown", action="store_true", help="print a table for a document too")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(options.trackers[0])
        return 0
    if options.count:
        with contextlib.redirect_stdout(io.StringIO()):
            number = TRACKERS[options.trackers[0]].count()
        print(number)
        return 0
    known = versions()
    unknown = [name for name in options.trackers if name not in known]
    if unknown:
        parser.error(f"unknown tracker {unknown[0]!r}; expected one of: {', '.join(known)}")
    lines, kept = [], True
    for name in options.trackers or known:
        numbers = {kill: sorted(lost(name, kill) for _ in range(options.rounds)) for kill in KILLS}
        for kill, counts in numbers.items():
            kept &= reported(name, kill, counts)
        cells = " | ".join(map(cell, numbers.values()))
        lines.append(f"| {name} | {known[name]} | {cells} |")
    missing = [name for name in TRACKERS if name not in known]
    if missing:
        print(f"not installed: {', '.join(missing)}")
    if options.markdown:
        print(f"\n| tracker | version | {' | '.join(KILLS)} |\n|---|---|---|---|")
        print("\n".join(lines))
    return not kept


if __name__ == "__main__":
    sys.exit(main())
