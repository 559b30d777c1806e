"""Scripts and configurations of the older tool call algorithms by its names; here they mean the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sml_viewer.analysis.curves import Curves, legend_order

pytestmark = pytest.mark.usefixtures("grid")
PAIR = ("timestep", "episode_return")
MERGED = ["policy_lr", "env_name"]


@pytest.mark.parametrize("old", ["CartPole-v1+policy_lr_0.1", "policy_lr_0.1+CartPole-v1", "0.1+CartPole-v1"])
def test_an_older_name_is_renamed_whatever_the_order_of_its_parts(
    curves: Callable[..., Curves], old: str
) -> None:
    drawn = curves(DATA_MERGER=MERGED, SHORT_NAME_FROM_CONFIG={old: "fast"})
    assert "fast" in drawn.algorithms
    assert len(drawn.algorithms) == 4


def test_a_wildcard_takes_older_names(curves: Callable[..., Curves]) -> None:
    drawn = curves(
        DATA_MERGER=["policy_lr"],
        SHORT_NAME_FROM_CONFIG={"0.1*": "fast"},
        SHORT_NAME_FROM_CONFIG_PROPERTY={"0.1*": {"manual": True}},
    )
    assert drawn.algorithms == ["fast", "policy_lr=0.01"]


def test_orders_may_be_of_older_names(curves: Callable[..., Curves]) -> None:
    order = ["policy_lr_0.1", "policy_lr_0.01"]
    drawn = curves(DATA_MERGER=["policy_lr"], PLOTTING_ORDER=order, LEGEND_ORDER=order[::-1])
    assert drawn.algorithms == ["policy_lr=0.1", "policy_lr=0.01"]
    assert legend_order(drawn, PAIR) == ["policy_lr=0.01", "policy_lr=0.1"]


@pytest.mark.parametrize("wildcard", [False, True])
def test_a_rule_may_be_of_an_older_name(curves: Callable[..., Curves], wildcard: bool) -> None:
    name = "policy_lr_0.01" if not wildcard else "policy_lr_0.01*"
    drawn = curves(
        DATA_MERGER=["policy_lr"],
        DATA_IGNORE=[{"__SHORT_NAME__": name}],
        DATA_IGNORE_PROPERTY=[{"__SHORT_NAME__": {"manual": wildcard}}],
    )
    assert drawn.algorithms == ["policy_lr=0.1"]
