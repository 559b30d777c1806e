"""Warn about options that were set and have no effect on the output."""

from __future__ import annotations

from collections.abc import Iterable

from .plot_config import Configuration
from .plot_options import OPTIONS
from .typed_options import OutputOptions

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
_STYLE_OPTIONS = frozenset(
    name for name in OPTIONS if name.startswith(("FONTSIZE_", "SUBFIGURE_", "LEGEND_", "SUPTITLE_"))
) | {"LINE_WIDTH", "MARKER_SIZE", "PNG_DPI", "MAX_COLUMN", "YMIN", "YMAX", "FIGURE_PRESET", "CURVE_COLORS"}
# The plural name of each kind of output, and the options that it does not use.
_OUTPUTS = {
    "plot": ("curves", _BARS | _SCORES),
    "bar": ("bars", _CURVES | _TABLES | {"LINE_WIDTH", "FONTSIZE_TITLE", "TABLE_NORMALIZE"}),
    "aggregate": (
        "aggregates",
        _CURVES | _BARS | _TABLES | {"TABLE_ERROR", "TABLE_TEST", "LEGEND_ORDER", "YMIN", "YMAX"},
    ),
    "table": ("tables", _CURVES | _BARS | _STYLE_OPTIONS),
}


def ineffective_options(names: Iterable[str], kind: str, configuration: Configuration) -> list[str]:
    """One sentence for each option without effect on an output, with the reason.

    `kind` is plot, bar, aggregate or table; a plot with PLOT_MODE BAR counts as bar.
    """
    if kind == "plot" and OutputOptions.of(configuration).plot_mode == "BAR":
        kind = "bar"
    word, unused = _OUTPUTS.get(kind, ("", frozenset[str]()))
    reasons = (
        (name, OPTIONS[name].no_effect_reason or f"has no effect on {word}" * (name in unused))
        for name in names
        if name in OPTIONS
    )
    return [f"{name}: {reason}" for name, reason in reasons if reason]
