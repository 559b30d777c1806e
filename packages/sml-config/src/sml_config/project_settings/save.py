"""Save the current settings as files."""

from __future__ import annotations

import os

from sml_config.run_folder import write_atomic
from sml_config.validation import path
from sml_config.values import plain, to_json

from .current import settings
from .secrets import redacted_settings
from .yaml_with_lines import to_yaml


def save_all(folder: str | os.PathLike[str] = "configs") -> None:
    """Write the current settings into a folder, as YAML and JSON; secrets are replaced by `<redacted>`."""
    target = path("folder", folder)
    target.mkdir(parents=True, exist_ok=True)
    in_force = settings()
    shown = redacted_settings(in_force)
    for section, name in ((in_force.common, "common_config"), (in_force.experiment, "experiment_config")):
        values = {key: plain(key, shown[key]) for key in section.keys()}  # noqa: SIM118  a list of names
        write_atomic(target / f"{name}.yaml", to_yaml(values))
        write_atomic(target / f"{name}.json", to_json(values))
