"""Public names behind `smart_logger`, beyond those that `sml_config` exports."""

from __future__ import annotations

from .project_settings.yaml_with_lines import read_mapping as read_mapping
