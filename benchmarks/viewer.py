"""The viewer's promises in numbers, each beside its peer in the same run.

Usage: hatch run bench:viewer [--runs 2000] [--large] [--tensorboard]. `--large` adds 10,000 runs,
`--tensorboard` the time until TensorBoard has the scalars of 500 runs. Data is generated in a temporary
folder. Medians of several rounds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import viewer_data

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
import sys, time
from pathlib import Path
started = time.perf_counter()
import sml_viewer
curves = sml_viewer.plot(sys.argv[1], workspace=sys.argv[2], where='seed < 12.5')
print(time.perf_counter() - started)
"""
_TENSORBOARD = """
import sys, time
started = time.perf_counter()
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
multiplexer = EventMultiplexer()
multiplexer.AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
print(len(multiplexer.Runs()), time.perf_counter() - started)
"""


def main() -> None:
    """Generate, measure, print a table."""
    parser = argparse.ArgumentParser(description="Measure the viewer beside its peers.")
    parser.add_argument("--runs", type=int, default=2000, help="how many runs (default 2000)")
    parser.add_argument("--large", action="store_true", help="10,000 runs too")
    parser.add_argument("--tensorboard", action="store_true", help="TensorBoard on 500 runs too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viewer-bench-") as folder:
        logs = Path(folder) / "runs"
        size = viewer_data.write_runs(logs, options.runs)
        print(f"{options.runs} runs, {size / 1e6:.0f} MB of tables\n\n| what | measured |\n|---|---|")
        measure(logs, Path(folder), options.runs)
        measure_figure(logs, Path(folder) / "warm")
        if options.tensorboard:
            measure_tensorboard(Path(folder))
        if options.large:
            more = Path(folder) / "many"
            viewer_data.write_runs(more, 10_000)
            measure_large(more, Path(folder))


def measure(logs: Path, folder: Path, count: int) -> None:
    """List, warm start, growth, ingest, curves."""
    times = []
    for number in range(3):
        with Library([logs], folder / f"cold{number}") as library:
            times.append(seconds(lambda: (library.index(), library.runs())))
    say("list usable, from nothing", statistics.median(times))
    rows, ingest, memory = child(_INGEST, logs, folder / "warm")
    say(f"full ingest, {rows:.0f} rows", ingest, f"peak {memory:.0f} MB in all processes")

    def start() -> None:
        with Library([logs], folder / "warm") as opened:
            if len(opened.runs()) != count:
                raise RuntimeError("the store does not hold every run")

    say("warm start", median(start))
    with Library([logs], folder / "warm") as library:
        library.refresh()
        library.runs()
        grown = sorted(logs.iterdir())[:20]
        times = []
        for number in range(7):
            for run in grown:
                with (run / "progress.csv").open("a") as file:
                    file.write(f"{1_000_000 + number},{number}" + ",0.5" * (viewer_data.COLUMNS - 2) + "\n")
            times.append(seconds(lambda: (library.notice(), library.runs())))
        say("20 grown files noticed and merged", statistics.median(times[1:]))
        ours = median(lambda: curves(library))
        groups, theirs = child(_PANDAS, logs)
        say(
            "40 curves of mean ± SE, warm",
            ours,
            f"pandas per request {theirs:.2f} s for {groups:.0f}: {theirs / ours:.0f} ×",
        )


def measure_large(logs: Path, folder: Path) -> None:
    """What ten thousand runs cost."""
    rows, ingest, memory = child(_INGEST, logs, folder / "large")
    say(f"10,000 runs: full ingest, {rows:.0f} rows", ingest, f"peak {memory:.0f} MB in all processes")
    with Library([logs], folder / "large") as library:
        runs = library.runs()
        say("10,000 runs: list", median(library.runs))
        # Each round another pair of columns: from the store, not from memory.
        names = iter(f"metric_{number}" for number in range(10))
        say(
            "10,000 runs: two columns of all",
            median(lambda: library.columns(runs, [next(names), next(names)]), 5),
        )


def measure_figure(logs: Path, workspace: Path) -> None:
    """A PNG of 5 sub-figures × 8 curves, after import."""
    from sml_viewer.figures import draw_curves, figure_bytes

    with Library([logs], workspace) as library:
        drawn = curves(library)
        figure_bytes(draw_curves(drawn)[0], "png")
        panels = f"{len(drawn.panels)} × {len(drawn.panels[0].curves)}"
        say(f"PNG of {panels} curves", median(lambda: figure_bytes(draw_curves(drawn)[0], "png"), 3))


def measure_tensorboard(folder: Path) -> None:
    """The first chart of 500 runs, from nothing.

    Beside TensorBoard's own reader on the same runs' event files.
    """
    logs = folder / "five-hundred"
    viewer_data.write_runs(logs, 500)
    events = folder / "events"
    viewer_data.write_events(logs, events)
    (ours,) = child(_FIRST_CHART, logs, folder / "first")
    runs, theirs = child(_TENSORBOARD, events)
    say(
        "first chart of 500 runs",
        ours,
        f"TensorBoard {theirs:.1f} s for {runs:.0f} runs: {theirs / ours:.1f} ×",
    )


def curves(library: Library) -> Curves:
    """What the page does for one chart."""
    configuration = Configuration()
    return make_curves(library, select(library.runs(), configuration), configuration)


def child(script: str, *arguments: Path) -> tuple[float, ...]:
    """Run a script in a process of its own; the numbers that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    return tuple(map(float, done.stdout.split()))


def median(act: Callable[[], object], rounds: int = 5) -> float:
    """Median seconds, after one round that does not count."""
    return statistics.median([seconds(act) for _ in range(rounds)][1:] if rounds > 1 else [seconds(act)])


def seconds(act: Callable[[], object]) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def say(what: str, value: float, more: str = "") -> None:
    """One row of the table."""
    print(f"| {what} | {value * 1000:.0f} ms{'; ' + more if more else ''} |", flush=True)


if __name__ == "__main__":
    main()
