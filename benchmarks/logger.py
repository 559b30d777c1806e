"""What a row costs, beside a bare loop and beside peers, in the same run; medians of five rounds.

Usage: ./dev bench logger. The bare loop formats the same twelve numbers with the csv module, writes the line
and flushes: what the table alone costs. Other loads of the machine are in all figures alike: trust ratios.
One long module: all measurements share the rows, the bare loop and the peers.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gc
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report import tell

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger

ROWS, METRICS = 5_000, 12
MANY_ROWS = 100_000
# Two samples of the system are taken in this time.
WATCHED_SECONDS = 32.0
RULES = ("nan", "stalled 10x", "disk < 1%", "last.metric_1 < -100 after step 10")
FILES = 2_000

Times = list[int]
Rows = list[dict[str, Any]]


@dataclass
class Round:
    """Nanoseconds per row, and CPU seconds from construction to after close."""

    times: Times
    cpu: float

    @property
    def median(self) -> float:
        """Microseconds."""
        return statistics.median(self.times) / 1000

    def quantile(self, share: float) -> float:
        """Microseconds."""
        return sorted(self.times)[int(len(self.times) * share)] / 1000


@dataclass
class Report:
    """Figures with their promises."""

    missed: list[str] = field(default_factory=list)

    def line(self, what: str, value: float, limit: float, unit: str = "", *, least: bool = False) -> None:
        """Print one figure; `least` means that the limit is to be exceeded."""
        if not tell(what, value, unit, limit, at_least=least):
            self.missed.append(what)


def rows_of(number: int, metrics: int = METRICS) -> Rows:
    """Rows of random numbers under the keys that a training loop would use."""
    chance = random.Random(0)
    return [{f"metric_{i}": chance.gauss(0, 1) for i in range(metrics)} for _ in range(number)]


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Send the console to the null device."""
    with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null):
        yield


def timed(rows: Rows, write: Callable[[dict[str, Any]], object]) -> Times:
    """Nanoseconds of every row."""
    times = []
    clock = time.perf_counter_ns
    for row in rows:
        begin = clock()
        write(row)
        times.append(clock() - begin)
    return times


def bare(rows: Rows) -> Round:
    """The table alone: format, write, flush."""
    begin = time.process_time()
    with Path("bare.csv").open("w", newline="") as file:
        writer = csv.writer(file)

        def write(row: dict[str, Any]) -> None:
            writer.writerow(row.values())
            file.flush()

        times = timed(rows, write)
    return Round(times, time.process_time() - begin)


def bytes_only(rows: Rows) -> Round:
    """Lines that were formatted beforehand: the system call alone."""
    lines = iter([",".join(map(repr, row.values())) + "\n" for row in rows])
    begin = time.process_time()
    with Path("bytes.csv").open("w") as file:

        def write(_row: dict[str, Any]) -> None:
            file.write(next(lines))
            file.flush()

        times = timed(rows, write)
    return Round(times, time.process_time() - begin)


def ours(rows: Rows) -> Round:
    """log.txt, progress.csv, TensorBoard and console."""
    begin = time.process_time()
    with silent(), Logger(log_name="bench", backup_code=False) as logger:

        def write(row: dict[str, Any]) -> None:
            logger.add_tabular_data(**row)
            logger.dump_tabular()

        times = timed(rows, write)
    return Round(times, time.process_time() - begin)


def logged(rows: Rows) -> Round:
    """The same by `log`: progress.csv and TensorBoard."""
    begin = time.process_time()
    step = 0
    with silent(), Logger(log_name="logged", backup_code=False) as logger:

        def write(row: dict[str, Any]) -> None:
            nonlocal step
            logger.log(row, step=step)
            step += 1

        times = timed(rows, write)
    return Round(times, time.process_time() - begin)


def summary_writer(rows: Rows) -> Round:
    """`add_scalar` of ours for every metric."""
    from sml_logger.tensorboard import SummaryWriter

    with silent():
        return scalars_of(SummaryWriter(f"ours_{time.time_ns()}"), rows)


def torch_writer(rows: Rows) -> Round:
    """`add_scalar` of torch for every metric."""
    from torch.utils.tensorboard import SummaryWriter

    return scalars_of(SummaryWriter(f"torch_{time.time_ns()}"), rows)


def scalars_of(writer: Any, rows: Rows) -> Round:
    """A row as scalars, one call each."""
    begin = time.process_time()
    step = 0

    def write(row: dict[str, Any]) -> None:
        nonlocal step
        for key, value in row.items():
            writer.add_scalar(key, value, step)
        step += 1

    times = timed(rows, write)
    writer.close()
    return Round(times, time.process_time() - begin)


def stable_baselines3(rows: Rows) -> Round:
    """Its logger with its four outputs."""
    from stable_baselines3.common.logger import configure

    begin = time.process_time()
    step = 0
    with silent():
        logger = configure("sb3", ["stdout", "csv", "tensorboard", "log"])

        def write(row: dict[str, Any]) -> None:
            nonlocal step
            for key, value in row.items():
                logger.record(key, value)
            logger.dump(step)
            step += 1

        times = timed(rows, write)
        logger.close()
    return Round(times, time.process_time() - begin)


def tensorboardx(rows: Rows) -> Round:
    """`add_scalar` for every metric."""
    from tensorboardX import SummaryWriter

    return scalars_of(SummaryWriter("tbx"), rows)


def trackio_enqueue(rows: Rows) -> Round:
    """`log`, which only puts the row into a queue."""
    import trackio

    begin = time.process_time()
    with silent(), contextlib.redirect_stderr(io.StringIO()):
        trackio.init(project="bench", embed=False)
        times = timed(rows, trackio.log)
        trackio.finish()
    return Round(times, time.process_time() - begin)


def our_wandb(rows: Rows) -> Round:
    """`wandb.log` of ours."""
    import sml_logger.wandb as wandb

    begin = cpu_of_all()
    with silent():
        wandb.init(project="bench")
        times = timed(rows, wandb.log)
        wandb.finish()
    return Round(times, cpu_of_all() - begin)


def wandb_offline(rows: Rows) -> Round:
    """`wandb.log` of W&B itself, and its own process."""
    import wandb

    begin = cpu_of_all()
    with silent():
        wandb.init(project="bench", mode="offline", settings=wandb.Settings(silent=True))
        times = timed(rows, wandb.log)
        wandb.finish()
        wandb.teardown()  # its process ends, and its CPU time is known
    return Round(times, cpu_of_all() - begin)


def cpu_of_all() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


SUBJECTS: dict[str, Callable[[Rows], Round]] = {
    "bytes only": bytes_only,
    "bare csv": bare,
    "sml-logger": ours,
    "Logger.log": logged,
    "our SummaryWriter": summary_writer,
    "torch's SummaryWriter": torch_writer,
    "stable-baselines3": stable_baselines3,
    "tensorboardX": tensorboardx,
    "trackio": trackio_enqueue,
    "our wandb": our_wandb,
    "wandb offline": wandb_offline,
}
# Slow ones get fewer rows; their medians need no more.
FEWER = {
    "torch's SummaryWriter": 1_000,
    "stable-baselines3": 1_000,
    "tensorboardX": 1_000,
    "trackio": 500,
}


def compare_rows(report: Report, number_of_rounds: int, peers: list[str]) -> None:
    """Twelve metrics per row, ours beside the others, round by round."""
    rows = rows_of(ROWS)
    rounds: dict[str, list[Round]] = {name: [] for name in peers}
    start_ups = []
    for name in peers:
        SUBJECTS[name](rows[:50])  # imports and warms
    for _ in range(number_of_rounds):
        for name in peers:
            gc.collect()
            rounds[name].append(SUBJECTS[name](rows[: FEWER.get(name, ROWS)]))
        start_ups.append(ours([]).cpu)
    print(f"\n{METRICS} metrics per row, {ROWS} rows, medians of {number_of_rounds} rounds")
    median = {name: statistics.median(one.median for one in rounds[name]) for name in peers}
    for name in peers:
        p99 = statistics.median(one.quantile(0.99) for one in rounds[name])
        tell(f"a row of {METRICS} metrics, {name}", median[name], "µs", note=f"p99 {p99:.1f} µs")

    def ratio(name: str, other: str) -> float:
        return statistics.median(
            a.median / b.median for a, b in zip(rounds[name], rounds[other], strict=True)
        )

    report.line("a row / bare csv write + flush", ratio("sml-logger", "bare csv"), 4.5, "×")
    tell("a row / write + flush of ready-made bytes", ratio("sml-logger", "bytes only"), "×")
    report.line("a row by Logger.log", median["Logger.log"], 20, "µs")
    tell("a row by Logger.log / bare csv write + flush", ratio("Logger.log", "bare csv"), "×")
    for name, least in (("torch's SummaryWriter", 20), ("tensorboardX", 10)):
        if name in peers:
            what = f"{name} / our SummaryWriter, {METRICS} scalars a step"
            report.line(what, ratio(name, "our SummaryWriter"), least, "×", least=True)
    cpu = statistics.median(
        (mine.cpu - start_up) / alone.cpu
        for mine, alone, start_up in zip(rounds["sml-logger"], rounds["bare csv"], start_ups, strict=True)
    )
    report.line("CPU without start-up / CPU of the bare loop", cpu, 6, "×")
    for name in ("stable-baselines3", "tensorboardX"):
        if name in peers:
            report.line(f"{name} / a row", ratio(name, "sml-logger"), 10, "×", least=True)
    if "wandb offline" in peers:
        what = "wandb offline / our wandb, a row by the wall"
        report.line(what, ratio("wandb offline", "our wandb"), 5, "×", least=True)
        pairs = zip(rounds["wandb offline"], rounds["our wandb"], strict=True)
        by_cpu = statistics.median(theirs.cpu / mine.cpu for theirs, mine in pairs)
        tell(f"wandb offline / our wandb, {ROWS} rows by CPU", by_cpu, "×", note="with init and finish")
    if "trackio" in peers:
        report.line("a row / trackio's enqueue", ratio("sml-logger", "trackio"), 2, "×")
    tail = statistics.median(one.quantile(0.99) / one.median for one in rounds["sml-logger"])
    report.line("p99 / median", tail, 8, "×")
    slow = sum(sum(t > 20_000_000 for t in one.times) for one in rounds["sml-logger"])
    slow_bare = sum(sum(t > 20_000_000 for t in one.times) for one in rounds["bare csv"])
    report.line(f"rows over 20 ms (the bare loop: {slow_bare})", slow, slow_bare)


def long_run(report: Report) -> None:
    """100,000 rows, then a new column."""
    print(f"\n{MANY_ROWS} rows, then a late column")
    rows = rows_of(1_000)
    with silent(), Logger(log_name="long", backup_code=False) as logger:

        def write(row: dict[str, Any]) -> None:
            logger.add_tabular_data(**row)
            logger.dump_tabular()

        first = timed(rows, write)
        before = resident_bytes()
        for _ in range(MANY_ROWS // len(rows) - 2):
            timed(rows, write)
        last = timed(rows, write)
        grown = resident_bytes() - before
        (column,) = timed([{**rows[0], "late": 1.0}], write)
        (after,) = timed([{**rows[0], "late": 1.0}], write)
    report.line("memory grown", grown / 1e6, 20, "MB")
    # The first thousand, as the machine is never quiet enough for one row.
    report.line("a last row / a first row", statistics.median(last) / statistics.median(first[10:]), 1.3, "×")
    report.line("the row with a late column", column / 1e9, 0.5, "s")
    report.line("the row after it", after / 1e9, 0.01, "s")


def many_keys(report: Report) -> None:
    """Cost per key of wide rows."""
    print("\nkeys per row")
    per_key = {}
    for keys in (METRICS, 200, 2_000):
        medians = [ours(rows_of(200, keys)).median / keys for _ in range(3)]
        per_key[keys] = statistics.median(medians)
        tell(f"a key of a row of {keys}", per_key[keys], "µs")
    report.line("a key of 2,000 / a key of 200", per_key[2_000] / per_key[200], 1.5, "×")


def watching(report: Report, number_of_rounds: int) -> None:
    """What the threads of system metrics and alerts take while a script trains, 100 rows a second."""
    print("\nsystem metrics and alerts, on and off in turns")
    watched = CommonConfig(ALERT_TO=["http://127.0.0.1:9/"], ALERT_RULES=list(RULES))
    plain = CommonConfig(SYSTEM_METRICS_SECONDS=0)
    shares: dict[str, list[float]] = {"on": [], "off": []}
    steps: dict[str, list[float]] = {"on": [], "off": []}
    rows = rows_of(100)
    for number in range(number_of_rounds):
        for name, common in {"on": watched, "off": plain}.items():
            sml_config.set_settings(Settings(common, ExperimentConfig(), Path.cwd()))
            with silent(), Logger(log_name=f"{name}_{number}", backup_code=False) as logger:
                begin, cpu, own = time.monotonic(), time.process_time(), time.thread_time()
                step = 0
                while time.monotonic() < begin + WATCHED_SECONDS:
                    sum(i * i for i in range(50_000))  # training, a few milliseconds
                    logger.log(rows[step % 100], step=step)
                    step += 1
                own = time.thread_time() - own
                others = time.process_time() - cpu - own
                shares[name].append(100 * others / (time.monotonic() - begin))
                steps[name].append(step / own)
    sml_config.set_settings(None)
    cost = statistics.median(on - off for on, off in zip(shares["on"], shares["off"], strict=True))
    report.line("threads of system metrics and alerts, of a core", cost, 0.5, "%")
    ratio = statistics.median(on / off for on, off in zip(steps["on"], steps["off"], strict=True))
    tell("steps per CPU second of the main thread, on / off", ratio, "×")


def images(report: Report) -> None:
    """An image of 256 × 256: encoded, stored, indexed and shown to TensorBoard."""
    import numpy as np

    print("\nimages of 256 × 256")
    chance = np.random.default_rng(0)
    slope = np.add.outer(np.arange(256), np.arange(256))[:, :, None].repeat(3, 2) / 4
    pictures = {
        "a picture with noise": np.clip(slope + chance.normal(0, 6, slope.shape), 0, 255).astype(np.uint8),
        "noise alone": chance.integers(0, 256, (256, 256, 3), dtype=np.uint8),
    }
    with silent(), Logger(log_name="images", backup_code=False) as logger:
        medians = {}
        for name, picture in pictures.items():
            times = []
            for step in range(60):
                begin = time.perf_counter()
                logger.log_image(name, picture, step)
                times.append(time.perf_counter() - begin)
            medians[name] = statistics.median(times) * 1000
    for name, median in medians.items():
        report.line(f"log_image, {name}", median, 3, "ms")


def construction(report: Report, number_of_rounds: int) -> None:
    """With the archive of a tree of 2,000 files."""
    print(f"\nconstruction with the archive of {FILES} files")
    first: list[float] = []
    second: list[float] = []
    for number in range(number_of_rounds):
        base = Path(f"tree_{number}")
        for index in range(FILES):
            path = base / f"folder_{index % 50}" / f"file_{index}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x = 1\n" * 200)
        sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), base.absolute()))
        time.sleep(0.1)  # files of this very moment are not cached
        for times, name in ((first, "one"), (second, "two")):
            begin = time.perf_counter()
            with silent():
                logger = Logger(log_name=name)
            times.append(time.perf_counter() - begin)
            with silent():
                logger.close()
    sml_config.set_settings(None)
    report.line("the first run", statistics.median(first), 0.5, "s")
    report.line("the second run of the same tree", statistics.median(second), 0.1, "s")


def importing(report: Report, number_of_rounds: int) -> None:
    """Beyond a bare interpreter, each in a process of its own."""
    use = "from sml_logger import Logger"  # the package alone loads nothing until it is asked for a name
    print(f"\n{use}")
    wall: dict[str, list[float]] = {"pass": [], use: []}
    with tempfile.TemporaryDirectory() as cache:
        # Bytecode, as pip makes it; a checkout may have none, and then most of the time is compiling.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        subprocess.run([sys.executable, "-c", use], env=environment, check=True)
        for _ in range(number_of_rounds * 3):
            for code, times in wall.items():
                begin = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], env=environment, check=True)
                times.append(time.perf_counter() - begin)
    medians = [statistics.median(times) for times in wall.values()]
    report.line(f"{use}, beyond a bare interpreter", (medians[1] - medians[0]) * 1000, 45, "ms")


def resident_bytes() -> int:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Print all figures; the exit status tells whether every promise holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--without", nargs="*", default=[], choices=sorted(SUBJECTS), help="peers to leave out"
    )
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.chdir(folder)
        os.environ["TRACKIO_DIR"] = folder
        importing(report, options.rounds)
        long_run(report)
        many_keys(report)
        images(report)
        watching(report, options.rounds)
        construction(report, options.rounds)
        peers = [name for name in SUBJECTS if name not in options.without]
        compare_rows(report, options.rounds, peers)
        os.chdir("/")
    print(f"\n{'all promises hold' if not report.missed else 'missed: ' + '; '.join(report.missed)}")
    return bool(report.missed)


if __name__ == "__main__":
    sys.exit(main())
