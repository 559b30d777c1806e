"""Options that somebody set and that change nothing in what is drawn or written."""

from __future__ import annotations

from collections.abc import Iterable

from .plot_config import Configuration
from .schema import OPTIONS

_CURVES = frozenset(
    (
        "CURVE_CENTER",
        "CURVE_ERROR",
        "USE_SMOOTH",
        "SMOOTH_RADIUS",
        "PLOT_FOR_EVERY",
        "XMIN",
        "REQUIRE_RESAMPLE",
        "SHADING_ALPHA",
        "X_AXIS_SCI_FORM",
        "TITLE_SUFFIX",
        "REPORT_PCA_EVAL",
        "MIN_RELATIVE_PERFORMANCE",
        "SUBPLOT_WSPACE",
        "SUBPLOT_HSPACE",
    )
)
_BARS = frozenset(name for name in OPTIONS if name.startswith("BAR_") and name != "BAR_MAXIMUM_EXCLUDE") | {
    "SHOW_BAR_SEED_NUM"
}
_TABLES = frozenset(("TABLE_VALID_BITS", "TABLE_ALG_SORT_BY_ROW"))
_SCORES = frozenset(name for name in OPTIONS if name.startswith("TABLE_") and name != "TABLE_BOLD_MAX") | {
    "BAR_MAXIMUM_EXCLUDE"
}
_LOOKS = frozenset(
    name for name in OPTIONS if name.startswith(("FONTSIZE_", "SUBFIGURE_", "LEGEND_", "SUPTITLE_"))
) | {"LINE_WIDTH", "MARKER_SIZE", "PNG_DPI", "MAX_COLUMN", "YMIN", "YMAX", "FIGURE_PRESET"}
# What each kind of output is called, and what it does not use.
_OUTPUTS = {
    "plot": ("curves", _BARS | _SCORES),
    "bar": ("bars", _CURVES | _TABLES | {"LINE_WIDTH", "FONTSIZE_TITLE", "TABLE_NORMALIZE"}),
    "aggregate": (
        "aggregates",
        _CURVES | _BARS | _TABLES | {"TABLE_ERROR", "TABLE_TEST", "LEGEND_ORDER", "YMIN", "YMAX"},
    ),
    "table": ("tables", _CURVES | _BARS | _LOOKS),
}


def idle_options(names: Iterable[str], what: str, configuration: Configuration) -> list[str]:
    """Which of the options change nothing in an output, and why; a sentence each.

    `what` is plot, bar, aggregate or table; a plot of a configuration with PLOT_MODE BAR is a bar.
    """
    if what == "plot" and configuration.get("PLOT_MODE") == "BAR":
        what = "bar"
    word, unused = _OUTPUTS.get(what, ("", frozenset[str]()))
    reasons = (
        (name, OPTIONS[name].idle or f"has no effect on {word}" * (name in unused))
        for name in names
        if name in OPTIONS
    )
    return [f"{name}: {reason}" for name, reason in reasons if reason]
