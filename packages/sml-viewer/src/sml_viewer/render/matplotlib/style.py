"""Style of a figure: options and presets, layout of sub-figures, titles, legend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sml_config.text import display_width
from sml_viewer.config.figure_style import FigureStyle, PanelStyle
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import figure_language
from sml_viewer.i18n import Message, translated
from sml_viewer.naming.short_names import short_names

from .fonts import font_families
from .labels import CHARACTER, fitted, formula, has_formula, legend_labels, literal
from .legend_place import keep_off_areas

Pair = tuple[str, str]

_SMALL = {
    **dict.fromkeys(("fontsize_label", "fontsize_title", "fontsize_legend", "fontsize_suptitle"), 8.0),
    **dict.fromkeys(("fontsize_xtick", "fontsize_ytick"), 7.0),
    "line_width": 1.0,
    "marker_size": 3.0,
    "png_dpi": 300,
}
_LARGE = {
    **dict.fromkeys(("fontsize_label", "fontsize_title", "fontsize_legend", "fontsize_suptitle"), 18.0),
    **dict.fromkeys(("fontsize_xtick", "fontsize_ytick"), 16.0),
    "line_width": 2.5,
    "marker_size": 10.0,
    "png_dpi": 150,
}
# Widths in inches of the whole figure: a column and a page of common two-column papers, a 16:9 slide.
_PRESETS: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "paper-1col": (3.25, {**_SMALL, "max_column": 1, "subfigure_height": 2.1}),
    "paper-2col": (6.75, {**_SMALL, "max_column": 3, "subfigure_height": 1.8}),
    "slides": (13.33, {**_LARGE, "max_column": 3, "subfigure_height": 4.0}),
}
_LEGEND_OPTIONS = ("legend_position_x", "legend_position_y", "legend_which_position")
_SIZE_OPTIONS = ("max_column", "subfigure_width", "subfigure_height")
# Inches: the height of a page, and that of the largest legend.
PAGE_HEIGHT = 11.0
_LEGEND_HEIGHT = 4.2
_MOST_COLUMNS = 8
_TITLE_SHARE = 0.8  # of the width of a sub-figure with its ticks
_GAP_OPTIONS = ("subplot_wspace", "subplot_hspace")


class Style:
    """The options of one pair's figure and of its sub-figures, with preset sizes."""

    def __init__(self, configuration: Configuration, pair: Pair) -> None:
        self.configuration = configuration
        self.pair = pair
        self._width: float | None = None
        self._preset: Mapping[str, Any] = {}
        if (name := FigureStyle.of(configuration).figure_preset) in _PRESETS:
            self._width, self._preset = _PRESETS[name]
        self.language = figure_language(configuration) if len(font_families()) > 1 else "en"
        self._resolve()

    def word(self, text: str) -> str:
        """A word of ours in the language of the figure; names of runs, parameters and metrics have none."""
        return translated(text, self.language)

    def _resolve(self) -> None:
        self.options = FigureStyle.of(self.configuration, self.pair, unset=self._preset)
        self._panels: dict[str | None, PanelStyle] = {}

    def panel(self, title: str | None) -> PanelStyle:
        """The options of one sub-figure; None for those of all."""
        if title not in self._panels:
            self._panels[title] = PanelStyle.of(self.configuration, self.pair, title, self._preset)
        return self._panels[title]

    @property
    def page_width(self) -> float:
        """The width in inches of a full-width figure."""
        return float(self._width or self.options.subfigure_width * self.options.max_column)

    def width(self, natural: float) -> float:
        """The width in inches of a figure: a preset's, else its natural one."""
        return float(self._width or natural)

    def shrink_to_page(self, count: int) -> None:
        """Use smaller sub-figures in more columns if `count` exceed a page; not if sizes are set."""
        page, columns = self.page_width, int(self.options.max_column)
        width, height = page / columns, float(self.options.subfigure_height)
        if self.options.is_set(*_SIZE_OPTIONS) or math.ceil(count / columns) * height <= PAGE_HEIGHT:
            return
        more = columns
        while more < _MOST_COLUMNS and math.ceil(count / more) * height * columns / more > PAGE_HEIGHT:
            more += 1
        fonts = ("fontsize_label", "fontsize_title", "fontsize_xtick", "fontsize_ytick", "line_width")
        smaller = math.sqrt(columns / more)
        self._preset = {
            **self._preset,
            **{name: smaller * getattr(self.options, name) for name in fonts},
            "max_column": more,
            "subfigure_width": width * columns / more,
            "subfigure_height": height * columns / more,
        }
        self._resolve()

    def subplots(self, count: int) -> tuple[Figure, list[Axes]]:
        """A figure with `count` axes, in rows."""
        self.shrink_to_page(count)
        columns = min(self.options.max_column, count)
        rows = math.ceil(count / columns)
        width = self._width or self.options.subfigure_width * columns
        sized = self._width or self.options.is_set("subfigure_width", "subfigure_height")
        if columns == 1 and not sized:
            width *= 1.3
        figure = Figure(figsize=(width, self.options.subfigure_height * rows))
        if not self.options.is_set(*_GAP_OPTIONS):
            # Inches; room for the legend's frame, which the layout does not count.
            figure.set_layout_engine("constrained", h_pad=0.1)
        subplots = list(figure.subplots(rows, columns, squeeze=False).flat)
        if self.options.is_set(*_GAP_OPTIONS):
            figure.subplots_adjust(wspace=self.options.subplot_wspace, hspace=self.options.subplot_hspace)
        for area in subplots[count:]:
            area.set_axis_off()
        return figure, subplots[:count]

    def title(self, title: str, shares: Mapping[str, float] | None = None) -> str:
        """A sub-figure's title with its suffix and, if given, the share of variance between algorithms."""
        width = self.page_width / self.options.max_column
        suffix = formula(self.panel(title).title_suffix or "", "TITLE_SUFFIX")
        # The rest of the width is for the ticks and their labels; the title is above the axes only.
        text = fitted(self.word(title), _TITLE_SHARE * width, self.panel(title).fontsize_title) + suffix
        if shares is not None and title in shares:
            share = f"{100 * shares[title]:.0f}"
            text += f" [{self.word(Message('{share} % between', share=share))}]"
        return text

    def column(self, name: str, room: float = math.inf, title: str | None = None) -> str:
        """The label of a column in at most `room` inches; a formula only if the user renamed it so."""
        option = "DATA_KEY_RENAME_CONFIG"
        if name in self.options.data_key_rename_config.values():
            return formula(name, option)
        return fitted(name, room, self.panel(title).fontsize_label) if room < math.inf else literal(name)

    def y_label(self, room: float = math.inf) -> str:
        """The label of the y axis in at most `room` inches."""
        fixed = self.options.fixed_y_label
        return formula(fixed, "FIXED_Y_LABEL") if fixed else self.column(self.pair[1], room)

    def names(self, algorithms: Sequence[str], width: int) -> tuple[str, dict[str, str]]:
        """The common part of the algorithms' names, and their labels in lines of `width` characters.

        Names set by the user stay unchanged and may contain formulas.
        """
        option = "SHORT_NAME_FROM_CONFIG"
        chosen = set(self.options.short_name_from_config.values())
        if not chosen.isdisjoint(algorithms):
            formulas = {
                name: formula(name, option) for name in algorithms if name in chosen and has_formula(name)
            }
            return "", legend_labels(algorithms, width, formulas)
        # A name of ours, such as that of runs without a parameter, is in the language of the figure.
        words = {name: self.word(name) for name in algorithms}
        short = short_names(list(words.values()))
        lines = legend_labels(list(short.labels.values()), width)
        return short.title, {name: lines[short.labels[word]] for name, word in words.items()}

    def add_suptitle(self, figure: Figure, text: str) -> None:
        """Add the title of the figure, an escaped label, if NEED_SUP_TITLE is set."""
        if not self.options.need_sup_title:
            return
        if self.options.record_date_time:
            text += datetime.now().astimezone().strftime("  %Y-%m-%d %H:%M")
        size = self.options.fontsize_suptitle
        if self.options.is_set("suptitle_y"):
            height = figure.get_figheight()
            figure.suptitle(text, fontsize=size, y=1 + self.options.suptitle_y / height)
        elif figure.get_layout_engine() is None:
            # Without a layout engine it is placed above the axes, and the saved file is extended around it.
            figure.suptitle(text, fontsize=size, y=1.0, verticalalignment="bottom")
        else:
            figure.set_figheight(figure.get_figheight() + 1.5 * size / 72)
            figure.suptitle(text, fontsize=size)

    def legend(
        self, figure: Figure, handles: Mapping[str, Artist], marks: Mapping[str, str] | None = None
    ) -> None:
        """Add one legend for all axes: below them, or where the options place it."""
        if not handles:
            return
        size = self.options.fontsize_legend
        marks = marks or {}
        room = figure.get_figwidth() / (CHARACTER * size / 72)
        longest_mark = max(map(len, marks.values()), default=0)
        common, lines = self.names(list(handles), int(room) - 9 - longest_mark)
        labels = [label + marks.get(name, "") for name, label in lines.items()]
        columns = min(self.options.legend_column, len(labels))
        if not self.options.is_set("legend_column"):
            columns = min(columns, _fitting_columns(labels, room))
        artists = list(handles.values())
        most = _fitting_labels(labels, columns * _LEGEND_HEIGHT * 72 / size)
        if len(labels) > most:
            artists = [*artists[: most - 1], Line2D([], [], linestyle="none")]
            left = self.word(Message("and {n} more", n=len(labels) - most + 1))
            labels = [*labels[: most - 1], left]
        title = fitted(common, figure.get_figwidth() - 0.5, size, lines=3) if common else None
        arguments: dict[str, Any] = {
            "labels": labels,
            "handles": artists,
            "ncols": columns,
            "fontsize": size,
            "title": title,
            "title_fontsize": size,
            "frameon": self.options.use_legend_frame,
        }
        if self.options.is_set(*_LEGEND_OPTIONS):
            bottom_left = max(
                (area for area in figure.axes if area.get_subplotspec() is not None), key=_depth_then_left
            )
            anchor = (self.options.legend_position_x, self.options.legend_position_y)
            corner = self.options.legend_which_position
            arguments |= {"loc": corner, "bbox_to_anchor": anchor, "borderaxespad": 0.0}
            legend = bottom_left.legend(**arguments)
            keep_off_areas(figure, legend, anchor, bottom_left.transAxes)
        elif figure.get_layout_engine() is not None:
            # The axes keep their height: the figure grows for the legend.
            height = sum(map(_height, labels)) / columns
            if title:
                height += 1.5 + 1.2 * title.count("\n")
            figure.set_figheight(figure.get_figheight() + (height + 2.5) * size / 72)
            figure.legend(loc="outside lower center", **arguments)
        else:
            legend = figure.legend(loc="upper center", bbox_to_anchor=(0.5, -0.001), **arguments)
            keep_off_areas(figure, legend, (0.5, -0.001), figure.transFigure)


def _depth_then_left(area: Axes) -> tuple[int, int]:
    spec = area.get_subplotspec()
    return (0, 0) if spec is None else (spec.rowspan.start, -spec.colspan.start)


def _height(label: str) -> float:
    """The height of a legend label in units of its font size."""
    return 1.5 + 1.2 * label.count("\n")


def _fitting_labels(labels: Sequence[str], room: float) -> int:
    """The number of labels that fit into `room` font sizes, over all columns of the legend."""
    used = 0.0
    for number, label in enumerate(labels):
        used += _height(label)
        if used > room:
            return max(2, number)
    return len(labels)


def _fitting_columns(labels: Sequence[str], room: float) -> int:
    """The number of legend columns that fit into `room` characters, by the longest label.

    Wide characters count twice.
    """
    lines = [line for label in labels for line in label.split("\n")]
    longest = max(map(display_width, lines))
    return max(1, int(room / (longest + 7)))
