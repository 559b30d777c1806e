"""The viewer's promises in numbers, each beside its peer in the same run.

Usage: hatch run bench:viewer [--runs 2000] [--large]. `--large` adds 10,000 runs. Data is generated in a
temporary folder. Medians of several rounds; PASS or MISS says whether the promise was kept on this machine,
as busy as it was.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import viewer_data
from tensorboard_peer import seconds_until_scalars

from sml_viewer.configuration import Configuration
from sml_viewer.curves import Curves, make_curves
from sml_viewer.library import Library
from sml_viewer.selection import select

_INGEST = """
import resource, sys, time
from pathlib import Path
from sml_viewer.library import Library
started = time.perf_counter()
with Library([Path(sys.argv[1])], Path(sys.argv[2])) as library:
    library.refresh()
    rows = sum(run.rows for run in library.runs())
seconds = time.perf_counter() - started
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
helper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(rows, seconds, (own + helper) / 1024)
"""
_PANDAS = """
import sys, time
from pathlib import Path
import pandas as pd
started = time.perf_counter()
groups = {}
for table in sorted(Path(sys.argv[1]).glob('*/progress.csv')):
    method = table.parent.name.partition('_seed_')[0]
    groups.setdefault(method, []).append(pd.read_csv(table))
for frames in groups.values():
    values = pd.concat([frame.set_index('timestep')['episode_return'] for frame in frames], axis=1)
    values.mean(axis=1), values.sem(axis=1)
print(len(groups), time.perf_counter() - started)
"""
_FIRST_CHART = """
import sys
import sml_viewer
curves = sml_viewer.plot(sys.argv[1], workspace=sys.argv[2])
print(sum(len(curve.runs) for panel in curves.panels for curve in panel.curves))
"""
_EVENT_RUNS = 500
_MANY = 10_000


def main() -> None:
    """Generate, measure, print a table."""
    parser = argparse.ArgumentParser(description="Measure the viewer beside its peers.")
    parser.add_argument("--runs", type=int, default=2000, help="how many runs (default 2000)")
    parser.add_argument("--large", action="store_true", help="10,000 runs too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viewer-bench-") as name:
        folder = Path(name)
        logs = folder / "runs"
        size = viewer_data.write_runs(logs, options.runs)
        print(f"{options.runs} runs of {viewer_data.ROWS} rows and {viewer_data.COLUMNS} columns, ", end="")
        print(f"{size / 1e6:.0f} MB of tables; load before {os.getloadavg()[0]:.1f}\n")
        print("| what | promised | reached | |\n|---|---|---|---|")
        measure_list(logs, folder)
        measure_ingest(logs, folder / "warm", options.runs)
        measure_growth(logs, folder / "warm")
        measure_curves(logs, folder / "warm")
        measure_figure(logs, folder / "warm")
        measure_first_chart(folder)
        if options.large:
            viewer_data.write_runs(folder / "many", _MANY)
            measure_large(folder / "many", folder / "large")


def measure_list(logs: Path, folder: Path) -> None:
    """The list, from nothing."""
    times = []
    for number in range(5):
        with Library([logs], folder / f"cold{number}") as library:
            times.append(seconds(lambda: (library.index(), library.runs())))
    say("list usable, from nothing", statistics.median(times), 0.5)


def measure_ingest(logs: Path, workspace: Path, count: int) -> None:
    """All tables into the store, and the list from there."""
    rows, ingest, memory = child(_INGEST, logs, workspace)
    say(f"full ingest, {rows:.0f} rows", ingest, 4.0)
    say_amount("  peak memory of its two processes", memory, 400)

    def start() -> None:
        with Library([logs], workspace) as opened:
            if len(opened.runs()) != count:
                raise RuntimeError("the store does not hold every run")

    say("warm start", median(start), 0.15)


def measure_growth(logs: Path, workspace: Path) -> None:
    """Twenty tables get a row; until the list has it."""
    with Library([logs], workspace) as library:
        library.refresh()
        library.runs()
        times = []
        for number in range(9):
            grow(sorted(logs.iterdir())[:20], number)
            times.append(seconds(lambda: (library.notice(), library.runs())))
    say("20 grown files noticed and merged", statistics.median(times[1:]), 0.03)


def measure_curves(logs: Path, workspace: Path) -> None:
    """What the page does for a chart, beside pandas that parses for each request."""
    with Library([logs], workspace) as library:
        ours = median(lambda: curves(library), 9)
    say("40 curves of mean ± SE, warm", ours, 0.1)
    groups, theirs = child(_PANDAS, logs)
    say_ratio(
        "  quicker than pandas per request",
        theirs / ours,
        50,
        f"pandas {theirs:.2f} s for {groups:.0f} curves",
    )


def measure_figure(logs: Path, workspace: Path) -> None:
    """A PNG of 5 sub-figures × 8 curves, after import."""
    from sml_viewer.figures import draw_curves, figure_bytes

    with Library([logs], workspace) as library:
        drawn = curves(library)
    figure_bytes(draw_curves(drawn)[0], "png")
    panels = f"{len(drawn.panels)} × {len(drawn.panels[0].curves)}"
    say(f"PNG of {panels} curves", median(lambda: figure_bytes(draw_curves(drawn)[0], "png")), 1.0)


def measure_first_chart(folder: Path) -> None:
    """The first chart of runs never seen before, from the start of the program, beside TensorBoard."""
    logs, events = folder / "five-hundred", folder / "events"
    viewer_data.write_runs(logs, _EVENT_RUNS)
    viewer_data.write_events(logs, events)
    started = time.perf_counter()
    (drawn,) = child(_FIRST_CHART, logs, folder / "first")
    ours = time.perf_counter() - started
    first, theirs = seconds_until_scalars(events, _EVENT_RUNS, viewer_data.COLUMNS, viewer_data.ROWS - 1)
    more = f"ours {ours:.2f} s for {drawn:.0f} runs; TensorBoard {theirs:.1f} s, one tag alone {first:.1f} s"
    say_ratio(f"first chart of {_EVENT_RUNS} runs before all scalars in TensorBoard", theirs / ours, 10, more)


def measure_large(logs: Path, workspace: Path) -> None:
    """What ten thousand runs cost."""
    rows, ingest, memory = child(_INGEST, logs, workspace)
    say_amount(f"10,000 runs: peak memory of ingest, {rows:.0f} rows in {ingest:.1f} s", memory, 600)
    with Library([logs], workspace) as library:
        library.refresh()
        library.runs()
        times = []
        for number in range(7):
            grow(sorted(logs.iterdir())[:20], number)
            library.notice()
            times.append(seconds(library.runs))
        say("10,000 runs: list, warm, after 20 changed", statistics.median(times[1:]), 0.06)
        runs = library.runs()
        # Each round another pair of columns: from the store, not from memory.
        names = iter(f"metric_{number}" for number in range(10))
        say(
            "10,000 runs: two columns of all, warm",
            median(lambda: library.columns(runs, [next(names), next(names)]), 5),
            0.3,
        )


def grow(runs: list[Path], number: int) -> None:
    """Add a row to each run's table."""
    for run in runs:
        with (run / "progress.csv").open("a") as file:
            file.write(f"{1_000_000 + number},{number}" + ",0.5" * (viewer_data.COLUMNS - 2) + "\n")


def curves(library: Library) -> Curves:
    """What the page does for one chart."""
    configuration = Configuration()
    return make_curves(library, select(library.runs(), configuration), configuration)


def child(script: str, *arguments: Path) -> tuple[float, ...]:
    """Run a script in a process of its own; the numbers that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return tuple(map(float, done.stdout.split()))


def median(act: Callable[[], object], rounds: int = 5) -> float:
    """Median seconds, after one round that does not count."""
    return statistics.median([seconds(act) for _ in range(rounds)][1:])


def seconds(act: Callable[[], object]) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def say(what: str, value: float, most: float) -> None:
    """One row of the table: a time."""
    _row(what, f"≤ {most * 1000:.0f} ms", f"{value * 1000:.0f} ms", value <= most)


def say_amount(what: str, value: float, most: float) -> None:
    """One row of the table: megabytes."""
    _row(what, f"≤ {most:.0f} MB", f"{value:.0f} MB", value <= most)


def say_ratio(what: str, value: float, least: float, more: str) -> None:
    """One row of the table: how many times quicker than a peer."""
    _row(what, f"≥ {least:.0f} ×", f"{value:.1f} × ({more})", value >= least)


def _row(what: str, promised: str, reached: str, kept: bool) -> None:
    print(f"| {what} | {promised} | {reached} | {'PASS' if kept else 'MISS'} |", flush=True)


if __name__ == "__main__":
    main()
