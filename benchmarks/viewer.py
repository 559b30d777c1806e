"""The viewer's promises in numbers, each beside its peer in the same run.

Usage: python benchmarks/viewer.py [--runs 2000] [--large]. `--large` adds 10,000 runs. Data is generated in a
temporary folder. Medians of several rounds; ok or MISS says whether the promise was kept on this machine, as
busy as it was.
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
from report import tell
from tensorboard_peer import seconds_until_scalars

from sml_viewer.analysis.curves import Curves, make_curves
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.select.selection import select

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
print(sum(len(curve.runs) for panel in curves.panels for curve in panel.curves), flush=True)
"""
_EVENT_RUNS = 500
_MANY = 10_000
_TURNS = 3


def main() -> None:
    """Generate, measure, tell."""
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
    for number in range(9):
        with Library([logs], folder / f"cold{number}") as library:
            times.append(seconds(lambda: (library.index(), library.runs())))
    tell("list usable, from nothing", milliseconds(times), "ms", 500)


def measure_ingest(logs: Path, workspace: Path, count: int) -> None:
    """All tables into the store, and the list from there."""
    rows, ingest, memory = child(_INGEST, logs, workspace)
    tell("full ingest", ingest, "s", 4, note=f"{rows:.0f} rows in two processes")
    tell("full ingest: peak memory of both processes", memory, "MB", 400)

    def start() -> None:
        with Library([logs], workspace) as opened:
            if len(opened.runs()) != count:
                raise RuntimeError("the store does not hold every run")

    tell("list, warm start", median(start), "ms", 150)


def measure_growth(logs: Path, workspace: Path) -> None:
    """Twenty tables get a row; until the list has it."""
    with Library([logs], workspace) as library:
        library.refresh()
        library.runs()
        times = []
        for number in range(21):
            grow(sorted(logs.iterdir())[:20], number)
            times.append(seconds(lambda: (library.refresh_known(), library.runs())))
    tell("20 grown files noticed and merged", milliseconds(times[1:]), "ms", 30)


def measure_curves(logs: Path, workspace: Path) -> None:
    """What the page does for a chart, beside pandas that parses for each request."""
    with Library([logs], workspace) as library:
        ours = median(lambda: curves(library), 9)
    tell("40 curves of mean ± SE, warm", ours, "ms", 100)
    groups, theirs = child(_PANDAS, logs)
    tell(
        "40 curves: quicker than pandas that parses for each request",
        theirs * 1000 / ours,
        "×",
        50,
        at_least=True,
        note=f"pandas {theirs:.2f} s for {groups:.0f} curves",
    )


def measure_figure(logs: Path, workspace: Path) -> None:
    """A PNG of 5 sub-figures × 8 curves, after import."""
    from sml_viewer.render.matplotlib import draw_curves, figure_bytes

    with Library([logs], workspace) as library:
        drawn = curves(library)
    figure_bytes(draw_curves(drawn)[0], "png")
    panels = f"{len(drawn.panels)} × {len(drawn.panels[0].curves)}"
    drawing = median(lambda: figure_bytes(draw_curves(drawn)[0], "png"))
    tell(f"PNG of {panels} curves, after import", drawing, "ms", 1000)


def measure_first_chart(folder: Path) -> None:
    """The first chart of runs never seen before, from the start of the program, beside TensorBoard.

    Like for like is one chart against one tag of all runs. TensorBoard reads event files; we read the same
    runs as event files, and as our own tables.
    """
    logs, events = folder / "five-hundred", folder / "events"
    viewer_data.write_runs(logs, _EVENT_RUNS)
    viewer_data.write_events(logs, events)
    first, theirs = seconds_until_scalars(events, _EVENT_RUNS, viewer_data.COLUMNS, viewer_data.ROWS - 1)
    # As TensorBoard's, our modules are compiled once, at the installation, and not at each start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    child("import sml_viewer.render.request", folder)
    for source, name, one, every in ((logs, "our own CSV", 10, 2), (events, "event files", 3, 2)):
        turns = [
            seconds_until_numbers(_FIRST_CHART, source, folder / f"first-{source.name}-{turn}")
            for turn in range(_TURNS)
        ]
        ours, drawn = sorted(turns)[_TURNS // 2]
        what = f"first chart of {_EVENT_RUNS} runs from {name}, sooner than TensorBoard's"
        note = f"ours {ours:.2f} s for {drawn:.0f} runs"
        tell(f"{what} one tag", first / ours, "×", one, at_least=True, note=f"{note}; theirs {first:.1f} s")
        tell(
            f"{what} all tags",
            theirs / ours,
            "×",
            every,
            at_least=True,
            note=f"{note}; theirs {theirs:.1f} s",
        )


def measure_large(logs: Path, workspace: Path) -> None:
    """What ten thousand runs cost."""
    rows, ingest, memory = child(_INGEST, logs, workspace)
    tell(
        "10,000 runs: peak memory of ingest, both processes",
        memory,
        "MB",
        600,
        note=f"{rows:.0f} rows in {ingest:.1f} s",
    )
    with Library([logs], workspace) as library:
        library.refresh()
        library.runs()
        times = []
        for number in range(7):
            grow(sorted(logs.iterdir())[:20], number)
            library.refresh_known()
            times.append(seconds(library.runs))
        tell("10,000 runs: list, warm, after 20 changed", milliseconds(times[1:]), "ms", 60)
        runs = library.runs()
        # Each round another pair of columns: from the store, not from memory.
        names = iter(f"metric_{number}" for number in range(10))
        reading = median(lambda: library.columns(runs, [next(names), next(names)]), 5)
        tell("10,000 runs: two columns of all, warm", reading, "ms", 300)


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


def seconds_until_numbers(script: str, *arguments: Path) -> tuple[float, float]:
    """Seconds from the start of a program until it printed a number, and that number."""
    command = [sys.executable, "-c", script, *arguments]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        ours = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"the program ended with {process.returncode}")
    return ours, float(line)


def median(act: Callable[[], object], rounds: int = 5) -> float:
    """Median milliseconds, after one round that does not count."""
    return milliseconds([seconds(act) for _ in range(rounds)][1:])


def milliseconds(times: list[float]) -> float:
    """The median of some seconds."""
    return statistics.median(times) * 1000


def seconds(act: Callable[[], object]) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
