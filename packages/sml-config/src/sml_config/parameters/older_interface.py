"""Attributes and methods of `ParameterTemplate` that scripts of older releases use."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sml_config.process import host_name
from sml_config.project_settings.current import get_base_path, settings
from sml_config.project_settings.secrets import active_redactor, redacted_settings
from sml_config.project_settings.settings import CommonConfig, ExperimentConfig
from sml_config.run_folder import DESCRIPTION, PARAMETERS, RUN_CONFIG


class OlderInterface:
    """Mixed into `ParameterTemplate`; secrets in settings are redacted.

    Attributes are looked up last, so a parameter of the same name (`ip`, `base_path`) takes precedence.
    """

    arg_names: list[str]
    exec_time: str

    def __getattr__(self, name: str) -> Any:
        attribute = _ATTRIBUTES.get(name)
        if attribute is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return attribute(self)

    @staticmethod
    def get_base_path() -> str:
        """The folder below which logs are written."""
        return get_base_path()

    @staticmethod
    def important_configs() -> Sequence[str]:
        """Names of the parameters and attributes in the run folder's name; subclasses may override it."""
        return settings().experiment.IMPORTANT_CONFIGS

    @staticmethod
    def get_commit_id() -> str | None:
        """The current commit of the base folder; None without git. Waits for git up to 5 s."""
        from sml_config.run_record.git import GitQuery  # processes and temporary files

        return GitQuery(settings().base_path).result(_GIT_SECONDS).commit  # type: ignore[union-attr]

    def apply_vars(self, args: argparse.Namespace) -> None:
        """Set the parameters from a namespace."""
        for name in self.arg_names:
            setattr(self, name, getattr(args, name))

    def load_config_form_dict(self, config: Mapping[str, Any]) -> None:
        """Set parameters from a mapping; the misspelt name is that of older releases."""
        self._update(dict(config), "load_config_form_dict")

    def get_version_dict(self) -> dict[str, Any]:
        """Target, start, commit, host and settings of the run."""
        own = settings().experiment.EXPERIMENT_COMMON_PARAMETERS
        shown = redacted_settings(settings())
        return {
            "description": shown["EXPERIMENT_TARGET"],
            "exec_time": self.exec_time,
            "commit_id": self.get_commit_id(),
            "host_name": host_name(),
            "ip": _ip(self),
            **_section(CommonConfig),
            **{name: shown["EXPERIMENT_COMMON_PARAMETERS"][name] for name in own},
        }

    def get_vars_description(self) -> str:
        """Parameters and settings, one per line; `**name**` marks those in the run folder's name."""
        important = self.important_configs()
        lines = [
            f"{f'**{name}**' if name in important else name}: {value}"
            for name, value in self.make_dict().items()
        ]
        lines += [
            f"{name}: {value}"
            for name, value in {**_section(CommonConfig), **_section(ExperimentConfig)}.items()
        ]
        return active_redactor().text("\n".join(lines) + "\n")

    def get_experiment_description(self) -> str:
        """Name, target, host, start and commit of the run, then `get_vars_description`."""
        known = self.get_version_dict()
        lines = [
            f"{name}: {known[name]}" for name in ("host_name", "ip", "description", "exec_time", "commit_id")
        ]
        lines.insert(0, f"short_name: {self.short_name}")
        return active_redactor().text("\n".join(lines) + "\n") + self.get_vars_description()


_GIT_SECONDS = 5.0


def _section(section: type[CommonConfig | ExperimentConfig]) -> dict[str, Any]:
    shown = redacted_settings(settings())
    return {name: shown[name] for name in section.keys()}  # noqa: SIM118  a list of names


def _ip(_: Any) -> str | None:
    from sml_config.run_record.provenance import own_address  # sockets

    return own_address()


_ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "DEFAULT_CONFIGS": lambda _: _section(CommonConfig),
    "DEFAULT_CONFIGS_EXP": lambda _: _section(ExperimentConfig),
    "args": lambda parameter: argparse.Namespace(**parameter.make_dict()),
    "base_path": lambda parameter: parameter.get_base_path(),
    "commit_id": lambda parameter: parameter.get_commit_id(),
    "experiment_target": lambda _: settings().experiment.EXPERIMENT_TARGET,
    "host_name": lambda _: host_name(),
    "ip": _ip,
    "json_name": lambda _: PARAMETERS,
    "json_name_version": lambda _: RUN_CONFIG,
    "log_func": lambda parameter: parameter.info,
    "parser": lambda parameter: parameter.parser_init(),
    "txt_name": lambda _: DESCRIPTION,
}
