"""Configurations from options as a command line or a call gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .plot_config import Configuration
from .plot_options import OVERRIDES
from .saved import Configurations


def make_configuration(
    workspace: Path, name: str | None, values: dict[str, Any], x: str | None, y: Sequence[str] | None
) -> Configuration:
    """A saved configuration, or the defaults, with values set over it and pairs of columns from x and y.

    Raises ConfigurationError, OptionError.
    """
    configuration = Configurations(workspace).load(name) if name else Configuration()
    return with_options(configuration, values, x, y)


def with_options(
    configuration: Configuration, values: Mapping[str, Any], x: str | None, y: Sequence[str] | None
) -> Configuration:
    """A configuration with values and overrides set over it, and pairs of columns. Raises OptionError."""
    values = dict(values)
    if OVERRIDES in values:
        configuration = configuration.with_overrides(values.pop(OVERRIDES))
    if x or y:
        values = {**values, "PLOTTING_XY": [[x or "", column] for column in (y or [""])]}
    return configuration.with_values(**values)
