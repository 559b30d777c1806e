"""Simulated coverage of the 95 % intervals: python scripts/interval_coverage.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.stats.bands import band

TRIALS = 20_000
SEEDS = (3, 5, 10)


def main() -> None:
    """Print the measured coverage as a markdown table.

    Draws of a normal and of a skewed (exponential) metric.
    """
    print(
        "| interval | metric | "
        + " | ".join(f"n = {n}" for n in SEEDS)
        + " |\n|---|---|"
        + "---|" * len(SEEDS)
    )
    random = np.random.default_rng(0)
    draws: dict[str, tuple[Callable[..., Floats], float]] = {
        "normal": (random.normal, 0.0),
        "exponential": (random.exponential, 1.0),
    }
    for kind in ("t", "bootstrap", "se"):
        for name, (draw, mean) in draws.items():
            shares = []
            for n in SEEDS:
                low, high = band(draw(size=(n, TRIALS)), "mean", kind)
                shares.append(f"{100 * float(((low <= mean) & (mean <= high)).mean()):.1f} %")
            print(f"| {kind} | {name} | " + " | ".join(shares) + " |")


if __name__ == "__main__":
    main()
