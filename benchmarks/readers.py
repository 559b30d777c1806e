"""How long the logs of other tools take to list and to read, beside our own tables in the same run.

Usage: python benchmarks/readers.py [--runs 200] [--mlflow PYTHON [--only-mlflow]]. With a Python that has
mlflow, the database is one that MLflow made, and its own queries are measured too; with `--only-mlflow`,
nothing else. Times are processor seconds of this process, so that they mean the same on a busy machine;
wall-clock seconds are in the last column. Data is in a temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import readers_data
import viewer_data
from report import tell

from sml_viewer.api import plot
from sml_viewer.discovery import discover
from sml_viewer.library import Library

_HOME_FOLDERS, _HOME_FILES, _HOME_RUNS = 20_000, 10, 50
_ENDINGS = ("py", "js", "txt", "png", "json", "md", "csv", "c", "h", "pyc")
_METRICS = 10
_BLOCK = 32_768
_TURNS = 3
_MLFLOW = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR, lifecycle_stage VARCHAR(32));
CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), status VARCHAR(9), start_time BIGINT,
    end_time BIGINT, lifecycle_stage VARCHAR(20), experiment_id INTEGER);
CREATE TABLE params (key VARCHAR, value VARCHAR, run_uuid VARCHAR, PRIMARY KEY (key, run_uuid));
CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
    run_uuid VARCHAR(32) NOT NULL, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL,
    PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, key, step);
INSERT INTO experiments VALUES (0, 'Default', 'active');
"""
# What `mlflow ui` asks for one chart: the points of a metric, of a hundred runs at a time. For thousands of
# runs that takes a quarter of an hour: no batch is begun after `limit` seconds.
_MLFLOW_UI = """
import sys, time
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
store = SqlAlchemyStore(f"sqlite:///{sys.argv[1]}", sys.argv[1] + "-artifacts")
runs = [f"{number:032x}" for number in range(int(sys.argv[2]))]
limit = 90
for points in (None, 320):
    started, done = time.process_time(), 0
    while done < len(runs) and time.process_time() - started < limit:
        some = runs[done : done + 100]
        if points is None:
            store.get_metric_history_bulk(some, "metric_3", 25_000 * len(some))
        else:
            store.get_metric_history_bulk_interval(some, "metric_3", points, None, None)
        done += len(some)
    print(time.process_time() - started, done)
"""
# The query of MLflow's client for the history of one metric, without the objects that it makes of the rows.
_FEW = 20
_HISTORY = (
    "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND key = ? "
    "ORDER BY timestamp, step, value"
)


def main() -> None:
    """Generate, measure, tell."""
    parser = argparse.ArgumentParser(description="Measure how logs of other tools are read.")
    parser.add_argument("--runs", type=int, default=200, help="how many runs of each kind (default 200)")
    parser.add_argument("--mlflow", type=Path, help="a Python that has mlflow")
    parser.add_argument("--only-mlflow", action="store_true", help="only its database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readers-bench-") as name:
        folder = Path(name)
        if options.only_mlflow:
            measure_mlflow_database(folder, options.runs, options.mlflow)
            return
        logs = folder / "own"
        viewer_data.write_runs(logs, options.runs)
        print(f"{options.runs} runs of {viewer_data.ROWS} rows; load before {os.getloadavg()[0]:.1f}\n")
        measure_formats(logs, folder)
        measure_events(logs, folder)
        measure_mlflow_database(folder, options.runs, options.mlflow)
        measure_mlflow_files(logs, folder)
        measure_home(folder)


def measure_formats(logs: Path, folder: Path) -> None:
    """CSV of other tools, JSON lines and W&B's logs, beside our own tables."""
    read_all(logs, folder / "w-own-first")
    for label, write, limit in readers_data.FAMILIES:
        target = folder / write.__name__
        _convert(logs, target, write)
        # In turns with ours: how quick this machine is changes from minute to minute.
        turns = []
        for turn in range(_TURNS):
            (own, _), theirs = (
                read_all(source, folder / f"w-{source.name}-{write.__name__}-{turn}")
                for source in (logs, target)
            )
            turns.append((own, *theirs))
        ours, seconds, wall = map(min, zip(*turns, strict=True))
        note = f"{_note(seconds, wall)}; ours {ours:.2f} s"
        tell(f"{label} / our own CSV", seconds / ours, "×", limit, note=note)
        shutil.rmtree(target)
    _convert(logs, folder / "wandb", _write_wandb)
    seconds, wall = read_all(folder / "wandb", folder / "w-wandb")
    count = sum(1 for _ in logs.iterdir())
    tell(f"W&B logs of {count} runs, full read", seconds, "s", 6, note=_note(seconds, wall))


def measure_events(logs: Path, folder: Path) -> None:
    """Event files: the list, everything, and twenty that grew."""
    events = folder / "events"
    viewer_data.write_events(logs, events)
    files = sorted(events.rglob("events.*"))[:20]
    whole = [path.read_bytes() for path in files]
    for path, data in zip(files, whole, strict=True):
        path.write_bytes(data[: -len(_last_record(data[-400:]))])
    with Library([events], folder / "w-events") as library:
        seconds, wall = _timed(lambda: (library.index(), library.runs()))
        tell("event files: list", seconds, "s", 1, note=_note(seconds, wall))
        seconds, wall = _timed(library.refresh)
        tell("event files: all tags", seconds, "s", note=_note(seconds, wall))
        for path, data in zip(files, whole, strict=True):
            with path.open("ab") as file:
                file.write(_last_record(data[-400:]))
        seconds, wall = _timed(lambda: (library.refresh_known(), library.runs()))
        tell("event files: 20 that grew", seconds * 1000, "ms", 100, note=_note(seconds, wall))


def measure_mlflow_database(folder: Path, runs: int, python: Path | None) -> None:
    """All metrics of all runs beside the client's query for one, and a first chart beside the page's."""
    path = folder / "mlflow" / "mlflow.db"
    path.parent.mkdir(parents=True)
    if python is None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(_MLFLOW)
    else:
        subprocess.run([python, "-c", _MLFLOW_UI, path, "0"], check=True, stdout=subprocess.DEVNULL)
    _write_mlflow(path, runs)

    def history() -> None:
        connection = sqlite3.connect(path)
        for number in range(_FEW):
            connection.execute(_HISTORY, (f"{number:032x}", "metric_3")).fetchall()
        connection.close()

    theirs, _ = _timed(history)
    with Library([path.parent], folder / "w-mlflow") as library:
        seconds, wall = _timed(lambda: (library.index(), library.runs()))
        tell("MLflow database: list", seconds, "s", 1, note=_note(seconds, wall))
    seconds, wall = read_all(path.parent, folder / "w-mlflow")
    tell(
        f"MLflow database: all {_METRICS} metrics of a run / the bare SQL of its client for one",
        seconds / runs / (theirs / _FEW),
        "×",
        note=_note(seconds, wall),
    )
    seconds, wall = _timed(lambda: plot(path.parent, workspace=folder / "w-mlflow-first"))
    tell("MLflow database: first chart", seconds, "s", note=_note(seconds, wall))
    if python is not None:
        command = [python, "-c", _MLFLOW_UI, path, str(runs)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        for what, line in zip(("all points", "320 points"), done.stdout.splitlines(), strict=True):
            theirs, count = map(float, line.split())
            label = f"MLflow database: first chart, sooner than {what} of one metric in mlflow ui"
            note = f"theirs {theirs:.2f} s of processor"
            if count < runs:
                note += f", for {count:.0f} of the {runs} runs"
            tell(label, theirs / seconds, "×", 5, at_least=True, note=note)


def measure_mlflow_files(logs: Path, folder: Path) -> None:
    """MLflow's file store: a file for each metric."""
    _convert(logs, folder / "store" / "mlruns" / "0", _write_mlflow_files)
    with Library([folder / "store"], folder / "w-store") as library:
        seconds, wall = _timed(lambda: (library.index(), library.runs()))
        tell("MLflow file store: list", seconds, "s", 1, note=_note(seconds, wall))
        seconds, wall = _timed(library.refresh_known)
        tell("MLflow file store: all metrics", seconds, "s", note=_note(seconds, wall))


def measure_home(folder: Path) -> None:
    """A home folder with few runs among very many files."""
    root = folder / "home"
    for number in range(_HOME_FOLDERS):
        kind = "node_modules" if number % 10 == 0 else "src"
        below = root / f"project{number % 100}" / kind / f"part{number}"
        below.mkdir(parents=True)
        for index in range(_HOME_FILES):
            (below / f"file{index}.{_ENDINGS[index]}").write_text("a,b\n1,2\n")
    for number in range(_HOME_RUNS):
        below = root / f"project{number}" / "runs" / "one"
        below.mkdir(parents=True)
        (below / "progress.csv").write_text("step,loss\n0,1\n")
    seconds, wall = _timed(lambda: discover(root))
    tell(
        f"{_HOME_RUNS} runs among {_HOME_FOLDERS * _HOME_FILES} files of a home folder",
        seconds,
        "s",
        3,
        note=_note(seconds, wall),
    )


def read_all(logs: Path, workspace: Path) -> tuple[float, float]:
    """Processor and wall-clock seconds to find runs and read all of their tables, in one process."""
    with Library([logs], workspace) as library:
        library.index()
        return _timed(lambda: library.refresh_known())


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return time.process_time() - processor, time.perf_counter() - wall


def _note(seconds: float, wall: float) -> str:
    return f"{seconds:.2f} s of processor, {wall:.2f} s by the clock"


def _convert(logs: Path, target: Path, write: Callable[[Path, list[str], list[list[float]]], None]) -> None:
    for folder in sorted(logs.iterdir()):
        names, *lines = (folder / "progress.csv").read_text(encoding="utf-8").splitlines()
        rows = [[float(cell) for cell in line.split(",")] for line in lines]
        write(target / folder.name, names.split(","), rows)


def _write_mlflow_files(folder: Path, names: list[str], rows: list[list[float]]) -> None:
    folder = folder.parent / hashlib.md5(folder.name.encode(), usedforsecurity=False).hexdigest()
    for below in ("metrics", "params", "tags"):
        (folder / below).mkdir(parents=True)
    (folder / "meta.yaml").write_text(f"lifecycle_stage: active\nrun_name: {folder.name}\nstatus: 3\n")
    (folder / "tags" / "mlflow.runName").write_text(folder.name)
    (folder / "params" / "seed").write_text("1")
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        lines = (f"{1_700_000_000_000 + step} {value!r} {step}\n" for step, value in enumerate(values))
        (folder / "metrics" / name).write_text("".join(lines))


def _write_wandb(folder: Path, names: list[str], rows: list[list[float]]) -> None:
    folder = folder / "wandb" / "offline-run-20260102_030405-abc123"
    folder.mkdir(parents=True)
    data = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for step, row in enumerate(rows):
        items = b"".join(_item(name, value) for name, value in zip(names, row, strict=True))
        record = _field(2, items + _item("_step", step) + _field(2, b"\x08" + _varint(step)))
        for kind, part in _chunks(record, len(data)):
            if kind:
                data += struct.pack("<IHB", zlib.crc32(bytes([kind]) + part), len(part), kind)
            data += part
    (folder / "run-abc123.wandb").write_bytes(data)


def _chunks(record: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """The chunks of a record and their kinds; 0 for the padding of a block."""
    first = True
    while record or first:
        room = _BLOCK - position % _BLOCK
        if room < 7:
            yield 0, b"\0" * room
            position += room
            continue
        part, record = record[: room - 7], record[room - 7 :]
        yield (
            {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[first, not record],
            part,
        )
        position += 7 + len(part)
        first = False


def _item(name: str, value: float) -> bytes:
    return _field(1, _field(2, name.encode()) + _field(16, json.dumps(value).encode()))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def _last_record(tail: bytes) -> bytes:
    """The last whole record in the tail of an event file."""
    for start in range(len(tail) - 16):
        (length,) = struct.unpack_from("<Q", tail, start)
        if start + 12 + length + 4 == len(tail):
            return tail[start:]
    return b""


def _write_mlflow(path: Path, runs: int) -> None:
    random = np.random.default_rng(0)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = off")
        for number in range(runs):
            run = f"{number:032x}"
            connection.execute(
                "INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, "
                "experiment_id) "
                "VALUES (?, ?, 'FINISHED', ?, 1, 'active', 0)",
                (run, f"run-{number}", number),
            )
            connection.execute(
                "INSERT INTO params (key, value, run_uuid) VALUES ('seed', ?, ?)", (str(number), run)
            )
            values = random.normal(size=(viewer_data.ROWS, _METRICS)).tolist()
            connection.executemany(
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
                "VALUES (?, ?, ?, ?, ?, 0)",
                (
                    (f"metric_{index}", value, 1_700_000_000_000 + step, run, step)
                    for step, row in enumerate(values)
                    for index, value in enumerate(row)
                ),
            )
    connection.close()


if __name__ == "__main__":
    main()
