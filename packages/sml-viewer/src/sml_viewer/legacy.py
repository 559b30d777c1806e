"""Public names behind `smart_logger`: what its older interface needs of this package; imported lazily.

`smart_logger` imports nothing else of this package but what `sml_viewer` exports, and its command.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config.older_workspace import as_written_now as as_written_now
    from .config.plot_config import Configuration as Configuration
    from .config.plot_config import from_json as from_json
    from .config.plot_options import OPTIONS as OPTIONS
    from .config.plot_options import OVERRIDES as OVERRIDES
    from .config.saved import Configurations as Configurations
    from .config.typed_options import OutputOptions as OutputOptions
    from .index.location import default_workspace as default_workspace
    from .render.export import folder_of_figures as folder_of_figures
    from .render.export import write_as_older_tool as write_as_older_tool
    from .render.export import write_tables as write_tables
    from .render.request import PlotRequest as PlotRequest
    from .render.request import figure_set_of as figure_set_of
    from .series.align import smooth as smooth

_HOMES = {
    "Configuration": "config.plot_config",
    "Configurations": "config.saved",
    "OPTIONS": "config.plot_options",
    "OVERRIDES": "config.plot_options",
    "OutputOptions": "config.typed_options",
    "PlotRequest": "render.request",
    "as_written_now": "config.older_workspace",
    "default_workspace": "index.location",
    "figure_set_of": "render.request",
    "folder_of_figures": "render.export",
    "from_json": "config.plot_config",
    "smooth": "series.align",
    "write_as_older_tool": "render.export",
    "write_tables": "render.export",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"sml_viewer.{_HOMES[name]}"), name)
