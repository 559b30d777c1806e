"""Options resolved for one scope, as frozen objects with types: `CurveOptions.of(configuration, pair)`.

Each field is an option of the schema in lower case, and has its type; a test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar

from sml_viewer.model.results import Pair

from .plot_config import Configuration
from .plot_options import OPTIONS

_AUTOMATIC = "automatic"
_Resolved = TypeVar("_Resolved", bound="ResolvedOptions")
_Curve = TypeVar("_Curve", bound="CurveOptions")


def _automatic() -> Any:
    """A field that is None while its option is unset, as its value then depends on the data."""
    return field(metadata={_AUTOMATIC: True})


@dataclass(frozen=True, eq=False, repr=False)
class ResolvedOptions:
    """Options of one scope, with the overrides applied; `explicit` are the fields that are set for it."""

    explicit: frozenset[str]

    @classmethod
    def of(
        cls: type[_Resolved],
        configuration: Configuration,
        pair: Pair | None = None,
        title: str | None = None,
        unset: Mapping[str, Any] | None = None,
    ) -> _Resolved:
        """The options of a configuration for a whole figure, a pair of columns, a title, or both.

        `unset` are values of fields, in place of those of the schema, for options that are not set.
        """
        chosen = configuration.set_values(pair, title)
        unset = unset or {}
        values: dict[str, Any] = {}
        for each in fields(cls):
            name, option = each.name, each.name.upper()
            if option in chosen:
                values[name] = chosen[option]
            elif name in unset:
                values[name] = unset[name]
            elif option in OPTIONS:
                values[name] = None if each.metadata.get(_AUTOMATIC) else OPTIONS[option].unset
        explicit = frozenset(name for name in values if name.upper() in chosen)
        return cls(explicit=explicit, **values)

    def is_set(self, *names: str) -> bool:
        """Whether any of the fields is set in the configuration. Raises AttributeError for other names."""
        for name in names:
            getattr(self, name)
        return not self.explicit.isdisjoint(names)


def figure_language(configuration: Configuration) -> str:
    """The language of the words in figures and captions."""
    return OutputOptions.of(configuration).figure_language or "en"


class Rules(NamedTuple):
    """Filter rules that drop or keep runs, and per rule the properties of its parameters, if any."""

    rules: Sequence[Mapping[str, Any]]
    properties: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False, repr=False)
class SelectionOptions(ResolvedOptions):
    """Which runs are drawn, in which order, over which columns."""

    plotting_xy: Sequence[Sequence[str]]
    minimum_data_point_num: int | None
    use_ignore_rule: bool
    data_ignore: Sequence[Mapping[str, Any]]
    data_select: Sequence[Mapping[str, Any]]
    data_ignore_property: Sequence[Mapping[str, Any]]
    data_select_property: Sequence[Mapping[str, Any]]
    data_ignore_garbage: Sequence[Mapping[str, Any]]
    data_select_garbage: Sequence[Mapping[str, Any]]
    data_ignore_property_garbage: Sequence[Mapping[str, Any]]
    data_select_property_garbage: Sequence[Mapping[str, Any]]
    equal_parameters: str
    plotting_order: Sequence[str]
    legend_order: Sequence[str]
    curve_colors: Mapping[str, str]
    data_parameter_rename_config: Mapping[str, str]
    data_key_rename_config: Mapping[str, str]

    @property
    def active_side(self) -> str:
        """IGNORE or SELECT: the rules that are applied."""
        return "IGNORE" if self.use_ignore_rule else "SELECT"

    def rules(self, side: str, *, recycled: bool = False) -> Rules:
        """The rules of a side, IGNORE or SELECT; with `recycled`, those in the recycle bin."""
        ignored, selected = (
            (
                Rules(self.data_ignore_garbage, self.data_ignore_property_garbage),
                Rules(self.data_select_garbage, self.data_select_property_garbage),
            )
            if recycled
            else (
                Rules(self.data_ignore, self.data_ignore_property),
                Rules(self.data_select, self.data_select_property),
            )
        )
        return ignored if side == "IGNORE" else selected


@dataclass(frozen=True, eq=False, repr=False)
class NamingOptions(ResolvedOptions):
    """How sub-figures and algorithms are named."""

    data_merger: Sequence[str]
    max_algorithms: int
    short_name_from_config: Mapping[str, str]
    short_name_from_config_property: Mapping[str, Any]
    title_name_idx: int | None
    figure_separation: Sequence[str] | None = _automatic()


@dataclass(frozen=True, eq=False, repr=False)
class CurveOptions(ResolvedOptions):
    """How the curves of one sub-figure are computed."""

    curve_center: str
    curve_error: str
    plot_for_every: int
    require_resample: bool | None
    use_smooth: bool
    smooth_radius: int
    smooth_window: float | None
    smooth_kind: str
    smooth_ghost: bool
    xmin: float | None
    xmax: float | None

    @classmethod
    def of(
        cls: type[_Curve],
        configuration: Configuration,
        pair: Pair | None = None,
        title: str | None = None,
        unset: Mapping[str, Any] | None = None,
    ) -> _Curve:
        """As `ResolvedOptions.of`; a radius that is set for a narrower scope replaces the window."""
        options = super().of(configuration, pair, title, unset)
        radius, window = (
            configuration.distance(name, pair, title) for name in ("SMOOTH_RADIUS", "SMOOTH_WINDOW")
        )
        return replace(options, smooth_window=None) if radius < window else options


@dataclass(frozen=True, eq=False, repr=False)
class ScoreOptions(ResolvedOptions):
    """How the scores of one sub-figure are computed."""

    table_score: str
    table_show_average: bool
    table_last_k: int
    table_error: str
    table_test: str
    xmax: float | None
    table_valid_bits: int | None = _automatic()

    @property
    def rule(self) -> str:
        """The score of a run: last, last_k, best, at_x or average."""
        return "average" if self.table_show_average else self.table_score


@dataclass(frozen=True, eq=False, repr=False)
class ComparisonOptions(ResolvedOptions):
    """How algorithms are compared, ordered and limited, in the figures and tables of a pair of columns."""

    max_algorithms: int
    min_relative_performance: float
    sort_by_performance_order: bool
    table_normalize: Mapping[str, Sequence[float]]
    bar_mark_maximum: bool
    bar_mark_maximum_with_stat: bool
    bar_maximum_exclude: str | None
    bar_hollow_alg_name: str | None
    table_bold_max: bool | None = _automatic()
    table_alg_sort_by_row: bool | None = _automatic()
    bar_normalize_value: bool | None = _automatic()

    @property
    def excluded(self) -> tuple[str, ...]:
        """The algorithms that BAR_MAXIMUM_EXCLUDE excludes from being the best."""
        return tuple(filter(None, map(str.strip, (self.bar_maximum_exclude or "").split(","))))


@dataclass(frozen=True, eq=False, repr=False)
class OutputOptions(ResolvedOptions):
    """Where the runs are, and where figures go under which names."""

    plot_log_path: str | None
    plot_figure_saving_path: str | None
    plot_mode: str
    figure_language: str | None
    final_output_name: str
    output_file_prefix: str | None


@dataclass(frozen=True, eq=False, repr=False)
class BackgroundOptions(ResolvedOptions):
    """Whether and how often the page draws a configuration in the background."""

    auto_plotting: bool
    auto_plotting_interval: float
    max_auto_plotting_num: int
    auto_plotting_turn_on_time: str | None
