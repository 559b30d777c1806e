"""How often the viewer chooses what a researcher would, with nothing set, on a simulated lab.

Usage: python benchmarks/lab.py [--folders 200] [--seed 0] [--keep FOLDER] [--details] [--manner NAME].
Folders in the manners of well-known code bases are generated; the chosen groups, environments, columns and
numbers are compared with what is true of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from report import tell
from simulated_lab import MANNERS, Truth, Verdict, choose, drawn, judge, write_folder
from simulated_lab.judge import ASPECTS, MARKED, RIGHT, SILENT


def main() -> int:
    """Generate, choose, compare, tell; 1 if a promise is missed."""
    parser = argparse.ArgumentParser(description="Score the choices of the viewer on a simulated lab.")
    parser.add_argument("--folders", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write the folders here and keep them")
    parser.add_argument("--manner", choices=list(MANNERS), help="only those of one code base")
    parser.add_argument("--details", action="store_true", help="every fault")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        verdicts = []
        for number in range(options.first, options.first + options.folders):
            if options.manner and list(MANNERS)[number % len(MANNERS)] != options.manner:
                continue
            root = (options.keep or Path(name)) / f"{number:03}"
            workspace = Path(name) / "workspaces" / f"{number:03}"
            truth = write_folder(root, number, options.seed)
            verdict = judge(truth, choose(root, workspace), drawn(root, workspace))
            verdicts.append((number, truth, verdict))
            if options.details:
                print_details(number, truth, verdict)
    return 0 if report(verdicts) else 1


def report(verdicts: list[tuple[int, Truth, Verdict]]) -> bool:
    """The figures; whether the promises are kept."""
    count = len(verdicts)
    wholes = Counter(verdict.whole for _, _, verdict in verdicts)
    kept = tell(
        "folders chosen right in every respect",
        100 * wholes[RIGHT] / count,
        "%",
        95,
        at_least=True,
        note=f"{count} folders, {sum(len(truth.units) for _, truth, _ in verdicts)} runs",
    )
    tell("folders wrong, and marked so", wholes[MARKED], "folders")
    kept &= tell("folders silently wrong", wholes[SILENT], "folders", 0)
    for aspect in ASPECTS:
        states = Counter(verdict.aspects[aspect] for _, _, verdict in verdicts)
        note = f"{states[MARKED]} marked, {states[SILENT]} silently wrong"
        tell(f"{aspect} right", 100 * states[RIGHT] / count, "%", note=note)
    by_manner: dict[str, Counter[str]] = defaultdict(Counter)
    for _, truth, verdict in verdicts:
        by_manner[truth.manner][verdict.whole] += 1
    for manner, states in by_manner.items():
        note = f"{states[MARKED]} marked, {states[SILENT]} silently wrong"
        tell(f"{manner}: right", states[RIGHT], f"of {sum(states.values())}", note=note)
    unsaid = Counter(doubt for _, _, verdict in verdicts for doubt in verdict.unsaid)
    for doubt, times in unsaid.items():
        tell(f"right, but it is not told that {doubt}", times, "folders")
    faults: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, _, verdict in verdicts:
        for aspect, kind in dict.fromkeys((aspect, kind) for aspect, kind, _ in verdict.faults):
            faults[aspect, kind].append(number)
    for (aspect, kind), numbers in sorted(faults.items(), key=lambda item: -len(item[1])):
        print(f"     {aspect}: {kind}: {len(numbers)}: {' '.join(map(str, numbers[:30]))}", file=sys.stderr)
    return kept


def print_details(number: int, truth: Truth, verdict: Verdict) -> None:
    """One folder: what is odd in it, and its faults."""
    print(f"{number:03} {truth.manner} [{', '.join(truth.kinds)}]: {verdict.whole}", file=sys.stderr)
    for aspect, kind, detail in dict.fromkeys(verdict.faults):
        print(f"      {aspect}: {kind}: {detail}", file=sys.stderr)
    for doubt in verdict.unsaid:
        print(f"      not told: {doubt}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
