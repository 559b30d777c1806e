"""Options of how drawn figures look, resolved as those of `typed_options`: only a figure needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .typed_options import ResolvedOptions


@dataclass(frozen=True, eq=False, repr=False)
class PanelStyle(ResolvedOptions):
    """How one sub-figure looks."""

    xmin: float | None
    xmax: float | None
    ymin: float | None
    ymax: float | None
    fontsize_label: float
    fontsize_title: float
    fontsize_xtick: float
    line_width: float
    marker_size: float
    shading_alpha: float
    x_axis_sci_form: bool
    title_suffix: str | None
    bar_mark_maximum: bool
    bar_mark_maximum_with_stat: bool
    show_bar_seed_num: bool


@dataclass(frozen=True, eq=False, repr=False)
class FigureStyle(PanelStyle):
    """How the figure of a pair of columns looks."""

    figure_preset: str
    figure_language: str | None
    max_column: int
    subfigure_width: float
    subfigure_height: float
    subplot_wspace: float
    subplot_hspace: float
    legend_column: int
    legend_position_x: float
    legend_position_y: float
    legend_which_position: str
    use_legend_frame: bool
    show_seed_num: bool
    fontsize_legend: float
    fontsize_ytick: float
    fontsize_suptitle: float
    y_axis_sci_form: bool
    fixed_y_label: str | None
    need_sup_title: bool
    suptitle_y: float
    record_date_time: bool
    report_pca_eval: bool
    png_dpi: int
    bar_interval: float
    bar_normalize_minimum_value: float
    bar_sort_x: bool
    bar_hollow_alg_name: str | None
    bar_tick_name_idx: int | None
    data_key_rename_config: Mapping[str, str]
    short_name_from_config: Mapping[str, str]
