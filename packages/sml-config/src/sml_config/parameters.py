"""`ParameterTemplate`: parameters declared once, named, signed and saved with the run."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .active import settings
from .errors import ParameterError
from .provenance import provenance
from .run_folder import CONFIG, PARAMETERS, RunFolder, read_json, safe_name, update_json, write_whole
from .secrets import redacted_settings
from .tasks import TASK_ID_VARIABLE


class ParameterTemplate:
    """Base of a project's `Parameter` class; subclasses define `parse`.

    With `config_path` the parameters are those saved there (the `config` folder of a run, or a
    `parameter.json`), otherwise what `parse` returns.
    """

    def __init__(self, config_path: str | None = None, debug: bool = False, silence: bool = False) -> None:
        self.debug = debug
        self.silence = silence
        self.arg_names: list[str] = []
        self._say: Callable[[str], object] = print
        self.config_path = config_path or str(settings().log_root / CONFIG)
        if config_path:
            self.load_config()
        else:
            self._apply(vars(self.parse()))

    def parse(self) -> argparse.Namespace:
        """Declare the parameters on an `argparse.ArgumentParser` and return what it parsed."""
        raise ParameterError(f"{type(self).__name__} must define parse(self) and return parser.parse_args()")

    @property
    def short_name(self) -> str:
        """The run folder's name: the values of IMPORTANT_CONFIGS, then the suffix."""
        parts = [
            _name_part(name, getattr(self, name))
            for name in settings().experiment.IMPORTANT_CONFIGS
            if name in self.arg_names
        ]
        name = "_".join(part for part in parts if part)
        if self.suffix:
            name += f"-{self.suffix}"
        if self.debug:
            name += "-debug"
        return safe_name(name)

    @property
    def suffix(self) -> str:
        """The parameter `information`, or SHORT_NAME_SUFFIX where that is absent or "None"."""
        information = str(getattr(self, "information", "None"))
        return information if information != "None" else settings().experiment.SHORT_NAME_SUFFIX

    @property
    def signature(self) -> str:
        """Hash of the parameters alone: the same on every machine, another when a value differs."""
        content = json.dumps(self.make_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def make_dict(self) -> dict[str, Any]:
        """The parameters by name, in the order of their declaration."""
        return {name: getattr(self, name) for name in self.arg_names}

    def set_logger(self, logger: Callable[[str], object]) -> None:
        """Say things through a logger instead of `print`."""
        self._say = logger

    def set_config_path(self, config_path: str | os.PathLike[str]) -> None:
        """Choose the folder that `save_config` writes to."""
        self.config_path = os.fspath(config_path)

    def save_config(self) -> None:
        """Write `parameter.json`, `run_config.json` and `full_description.txt` into the config folder."""
        folder = RunFolder(Path(self.config_path).parent)
        parameters = json.dumps(self.make_dict(), indent=2, ensure_ascii=False)
        Path(self.config_path).mkdir(parents=True, exist_ok=True)
        write_whole(Path(self.config_path) / PARAMETERS, parameters + "\n")
        run_config = record_run(folder, signature=self.signature)
        write_whole(folder.description, _description(self.short_name, self.make_dict(), run_config))
        if not self.silence:
            self._say(f"parameters saved in {self.config_path}")

    def load_config(self) -> None:
        """Take the parameters from `config_path`."""
        path = Path(self.config_path)
        path = path if path.suffix == ".json" else path / PARAMETERS
        saved = read_json(path)
        if not isinstance(saved, dict):
            raise ParameterError(f"{path}: no saved parameters (a JSON object) there")
        self._apply(saved)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.make_dict().items())

    def _apply(self, values: dict[str, Any]) -> None:
        self.arg_names = list(values)
        for name, value in values.items():
            setattr(self, name, value)


def record_run(folder: RunFolder, **facts: Any) -> dict[str, Any]:
    """Write settings and provenance into a run folder; a `run_id` that is there already is kept."""
    current = read_json(folder.run_config)
    known = current if isinstance(current, dict) else {}
    if "run_id" not in known:
        in_force = settings()
        facts = {
            "run_id": uuid.uuid4().hex,
            "task_id": os.environ.get(TASK_ID_VARIABLE),
            **redacted_settings(in_force),
            **provenance(in_force.base_path),
            **facts,
        }
    return update_json(folder.run_config, **facts)


def _name_part(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is True:
        return name
    if isinstance(value, (list, tuple)):
        return "_".join([name, *map(str, value)])
    return f"{name}_{value}"


def _description(short_name: str, parameters: dict[str, Any], run_config: dict[str, Any]) -> str:
    important = settings().experiment.IMPORTANT_CONFIGS
    lines = [short_name, ""]
    lines += [f"{'* ' if name in important else '  '}{name}: {value}" for name, value in parameters.items()]
    lines += ["", *(f"  {name}: {value}" for name, value in run_config.items())]
    return "\n".join(lines) + "\n"
