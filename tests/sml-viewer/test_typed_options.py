"""Options with types: the same as in the schema, with overrides and presets applied."""

from __future__ import annotations

from dataclasses import Field, FrozenInstanceError, fields

import pytest

from sml_viewer.config import figure_style, typed_options
from sml_viewer.config.figure_style import FigureStyle, PanelStyle
from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.config.plot_options import OPTIONS
from sml_viewer.config.typed_options import (
    ComparisonOptions,
    CurveOptions,
    NamingOptions,
    ResolvedOptions,
    ScoreOptions,
    SelectionOptions,
)
from sml_viewer.render.matplotlib.style import _PRESETS

PAIR = ("step", "ret")
KINDS = sorted(
    (
        kind
        for kind in {**vars(typed_options), **vars(figure_style)}.values()
        if isinstance(kind, type) and issubclass(kind, ResolvedOptions) and kind is not ResolvedOptions
    ),
    key=lambda kind: kind.__name__,
)
TYPES = {
    "bool": "bool", "int": "int", "float": "float", "text": "str", "choice": "str", "path": "str",
    "names": "Sequence[str]", "pairs": "Sequence[Sequence[str]]", "rules": "Sequence[Mapping[str, Any]]",
    "properties": "Sequence[Mapping[str, Any]]", "property_map": "Mapping[str, Any]",
    "mapping": "Mapping[str, str]", "colours": "Mapping[str, str]", "ranges": "Mapping[str, Sequence[float]]",
}  # fmt: skip


def _options(kind: type[ResolvedOptions]) -> list[Field]:
    return [one for one in fields(kind) if one.name != "explicit"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_is_an_option_with_its_type(kind: type[ResolvedOptions]) -> None:
    for one in _options(kind):
        option = OPTIONS[one.name.upper()]
        optional = option.optional or one.metadata.get("automatic")
        assert one.type == TYPES[option.kind] + (" | None" if optional else ""), option.name


@pytest.mark.parametrize(("kind", "scope"), [(CurveOptions, "S"), (ScoreOptions, "S"), (PanelStyle, "S")])
def test_options_of_a_sub_figure_can_be_set_for_one(kind: type[ResolvedOptions], scope: str) -> None:
    assert [one.name for one in _options(kind) if scope not in OPTIONS[one.name.upper()].scope] == []


@pytest.mark.parametrize("kind", KINDS)
def test_unset_options_have_the_values_of_the_schema_or_are_automatic(kind: type[ResolvedOptions]) -> None:
    options = kind.of(Configuration())
    assert options.explicit == frozenset()
    for one in _options(kind):
        automatic = one.metadata.get("automatic")
        assert getattr(options, one.name) == (None if automatic else OPTIONS[one.name.upper()].unset)


def test_the_narrowest_override_counts() -> None:
    configuration = from_json(
        {
            "CURVE_CENTER": "median",
            "XMAX": 1,
            "ADDITIONAL_PLOT_CONFIGS": {
                "pair_image": {"step-ret": {"XMAX": 2}},
                "same_title": {"Hopper": {"XMAX": 3}},
                "sole_image": {"step-ret": {"Hopper": {"XMAX": 4}}},
            },
        }
    )
    scopes = [(None, None), (PAIR, None), (None, "Hopper"), (PAIR, "Hopper"), (PAIR, "Ant")]
    assert [CurveOptions.of(configuration, *scope).xmax for scope in scopes] == [1, 2, 3, 4, 2]
    options = CurveOptions.of(configuration, PAIR, "Hopper")
    assert options.curve_center == "median"
    assert options.explicit == {"curve_center", "xmax"}


def test_a_radius_for_one_pair_replaces_a_window_for_all() -> None:
    overrides = {"ADDITIONAL_PLOT_CONFIGS": {"pair_image": {"step-ret": {"SMOOTH_RADIUS": 3}}}}
    configuration = from_json({"SMOOTH_WINDOW": 0.1, **overrides})
    assert CurveOptions.of(configuration, ("step", "loss")).smooth_window == 0.1
    assert CurveOptions.of(configuration, PAIR).smooth_window is None


def test_options_are_frozen_and_a_misspelt_name_is_an_error() -> None:
    options = ScoreOptions.of(Configuration({"TABLE_SHOW_AVERAGE": True}))
    assert options.rule == "average"
    with pytest.raises(FrozenInstanceError):
        options.table_last_k = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        options.is_set("table_last")


def test_presets_are_for_fields_that_are_not_set() -> None:
    names = {one.name for one in _options(FigureStyle)}
    assert all(preset.keys() <= names for _, preset in _PRESETS.values())
    configuration = Configuration({"LINE_WIDTH": 3.0})
    style = FigureStyle.of(configuration, PAIR, unset={"line_width": 1.0, "max_column": 1})
    assert (style.line_width, style.max_column) == (3.0, 1)
    assert not style.is_set("max_column")


def test_rules_are_those_of_a_side_and_of_its_recycle_bin() -> None:
    values = {"DATA_SELECT": [{"lr": 1}], "DATA_SELECT_GARBAGE": [{"lr": 2}], "USE_IGNORE_RULE": False}
    options = SelectionOptions.of(Configuration(values))
    assert options.rules(options.active_side).rules == [{"lr": 1}]
    assert options.rules("SELECT", recycled=True).rules == [{"lr": 2}]
    assert options.rules("IGNORE").rules == []


def test_what_depends_on_the_data_is_none_until_it_is_set() -> None:
    assert NamingOptions.of(Configuration()).figure_separation is None
    assert NamingOptions.of(Configuration({"FIGURE_SEPARATION": []})).figure_separation == []
    assert ComparisonOptions.of(Configuration({"BAR_MAXIMUM_EXCLUDE": "a, b,"})).excluded == ("a", "b")
