"""What a figure shows, in words for below it: every choice that changes a number is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .configuration import Configuration
from .selection import Selection

if TYPE_CHECKING:
    from .curves import Panel

_CENTERS = {"mean": "Mean", "median": "Median", "iqm": "Interquartile mean"}
_ERRORS = {
    "se": "± standard error (ddof=1)",
    "sd": "± standard deviation (ddof=1)",
    "t": "with 95 % t interval",
    "bootstrap": "with 95 % bootstrap interval",
    "minmax": "with minimum and maximum",
    "none": "",
}
_MOST_NOTES = 12


def curves_caption(
    panels: Sequence[Panel], configuration: Configuration, selection: Selection, notes: Sequence[str]
) -> str:
    """Centre, band, columns, seeds, smoothing, names that nobody set, pooled groups, and notes."""
    sentences = []
    for pair in dict.fromkeys(panel.pair for panel in panels):
        mine = [panel for panel in panels if panel.pair == pair]
        sentences.append(_pair_sentence(pair, mine, configuration))
    sentences += _automatic(selection)
    sentences += pooled_sentences(
        (panel.title, curve.algorithm, curve.pools) for panel in panels for curve in panel.curves
    )
    unfinished = {
        run.name for panel in panels for curve in panel.curves for run in curve.runs if not run.finished
    }
    if unfinished:
        sentences.append(f"{len(unfinished)} run(s) had not finished.")
    return " ".join([*sentences, *noted(notes)])


def pooled_sentences(groups: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """One sentence for each way of pooling, naming the groups that do."""
    found: dict[str, list[str]] = {}
    for title, algorithm, pools in groups:
        if pools:
            found.setdefault(pools, []).append(f"{algorithm} ({title})" if title else algorithm)
    return [f"{_some(names)} pools {what}." for what, names in found.items()]


def noted(notes: Sequence[str]) -> list[str]:
    """Notes as sentences; beyond a dozen their number alone."""
    shown = [f"{note}." for note in notes[:_MOST_NOTES]]
    return shown if len(notes) <= _MOST_NOTES else [*shown, f"{len(notes) - _MOST_NOTES} more notes."]


def seeds_text(counts: Sequence[int]) -> str:
    """N = 3 seeds, or n = 2 to 3 seeds."""
    low, high = min(counts), max(counts)
    return f"n = {low if low == high else f'{low} to {high}'} seed{'' if high == 1 else 's'}"


def _pair_sentence(pair: tuple[str, str], panels: Sequence[Panel], configuration: Configuration) -> str:
    middle = configuration.get("CURVE_CENTER", pair)
    kind = configuration.get("CURVE_ERROR", pair)
    if middle != "mean" and kind in ("se", "sd", "t"):
        kind = "bootstrap"
    curves = [curve for panel in panels for curve in panel.curves]
    counts = sorted({int(count) for curve in curves for count in (curve.n.min(), curve.n.max())})
    words = f"{_CENTERS[middle]} {_ERRORS[kind]}".strip() if counts[-1] > 1 else "Values"
    text = f"{words} of {pair[1]} over {pair[0]}, {seeds_text(counts)}"
    windows = sorted({2 * curve.radius + 1 for curve in curves})
    if windows[-1] > 1:
        span = str(windows[0]) if len(windows) == 1 else f"{windows[0]} to {windows[-1]}"
        text += f", each run smoothed over {span} points"
    if any(curve.interpolated for curve in curves):
        text += ", runs interpolated linearly where their x differ"
    every = configuration.get("PLOT_FOR_EVERY", pair)
    if every > 1:
        text += f", every {every}. point"
    return text + "."


def _automatic(selection: Selection) -> list[str]:
    keys = selection.naming.keys
    if "DATA_MERGER" not in selection.naming.automatic or not keys:
        return []
    implied = selection.naming.implied
    also = f"; with them differ {_some(list(implied))}" if implied else ""
    return [f"Algorithms by what differs (auto: {_some(list(keys), 6)}{also})."]


def _some(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
