"""`ParameterTemplate`: declare parameters, parse them, name and sign the run, save them with it."""

from __future__ import annotations

import argparse
import copy
import enum
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from sml_config.errors import ParameterError
from sml_config.project_settings.current import settings
from sml_config.project_settings.secrets import active_redactor
from sml_config.project_settings.yaml_with_lines import read_mapping
from sml_config.redaction import REDACTED
from sml_config.run_folder import CONFIG, PARAMETERS, RUN_CONFIG, RunFolder, read_json
from sml_config.run_record.earlier import hidden_differences
from sml_config.tasks.tasks import check_against_task
from sml_config.terminal import say
from sml_config.validation import function, mapping, path
from sml_config.values import canonical, digest, plain_with_types, restored

from .argparse_hook import ParseHook, hook_parser
from .naming import joined_name
from .older_interface import OlderInterface
from .parameter_fields import (
    DeclaredParameter,
    ParameterGroup,
    declared_in,
    flattened,
    group_members,
    new_groups,
)

Self = TypeVar("Self", bound="ParameterTemplate")

# Passed from `from_dict` to `__init__`, as the `__init__` of a subclass may not accept it as an argument.
_from_dict: ContextVar[Mapping[str, Any] | None] = ContextVar("_from_dict", default=None)

# Attributes of an instance that are not parameters.
_RESERVED = frozenset({"arg_names", "config_path", "exec_time"})


class ParameterTemplate(OlderInterface):
    """Base class of a project's `Parameter` class.

    Parameters are declared in one or several of these ways: annotated class attributes; `parser_init`, which
    returns an `argparse` parser; `parse`, which returns the parsed namespace. The command line takes
    precedence over a file given with `--config`, which takes precedence over the defaults.

    With `config_path` the parameters are loaded from there (a run folder, its `config` folder or a file),
    with `config_data` from a mapping; the command line is not read then.

    Raises ParameterError; an invalid command line or `--config` file ends the program.

        class Parameter(ParameterTemplate):
            env_name: str = "Hopper-v4"
            policy_lr: float = param(3e-4, help="learning rate")
    """

    def __init__(
        self,
        config_path: str | os.PathLike[str] | None = None,
        debug: bool = False,
        silence: bool = False,
        config_data: Mapping[str, Any] | None = None,
    ) -> None:
        self.debug = debug
        self.silence = silence
        self.arg_names: list[str] = []
        self.exec_time = datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
        self.config_path = str(path("config_path", config_path or settings().log_root / CONFIG))
        self._say: Callable[[str], object] = say
        self._declared = self._declarations()
        self._defaults: dict[str, Any] = {}
        self._required: frozenset[str] = frozenset()
        new_groups(self, type(self))
        if config_data is None:
            config_data = _from_dict.get()
            _from_dict.set(None)
        if config_path is None and config_data is None:
            self._set_values(self._run_parse(None))
            check_against_task(self.make_dict())
            return
        self._set_values(self._run_parse([]))
        if config_path is not None:
            self.load_config()
        if config_data is not None:
            self._update(mapping("config_data", config_data), "config_data")

    @classmethod
    def from_dict(cls: type[Self], values: Mapping[str, Any], silence: bool = False) -> Self:
        """Create parameters from a mapping and the defaults, without reading the command line."""
        token = _from_dict.set(mapping("values", values))
        try:
            return cls(silence=True) if silence else cls()
        finally:
            _from_dict.reset(token)

    def parser_init(self) -> argparse.ArgumentParser:
        """A parser with the declared parameters; subclasses may extend it or return their own."""
        parser = argparse.ArgumentParser(description=_description())
        for item in self._declared.values():
            item.add_to(parser)
        return parser

    def parse(self) -> argparse.Namespace:
        """Parse the command line. Subclasses may use their own parser and return its namespace."""
        parser = self.parser_init()
        if not isinstance(parser, argparse.ArgumentParser):
            raise ParameterError(f"{type(self).__name__}.parser_init must return its parser")
        for item in self._declared.values():
            item.add_to(parser)
        return parser.parse_args()

    @property
    def short_name(self) -> str:
        """The name of the run folder: the values of `important_configs()`, then the suffix.

        The values are those of parameters and of attributes set after parsing. The suffix is the parameter
        `information`, or SHORT_NAME_SUFFIX if that is absent or "None".
        """
        values = [(name, self._get(name)) for name in self.important_configs() if self._has(name)]
        information = self._get("information") if self._has("information") else None
        if isinstance(information, enum.Enum):
            information = information.value
        absent = information is None or information == "None"
        suffix = settings().experiment.SHORT_NAME_SUFFIX if absent else str(information)
        return joined_name(values, suffix, debug=self.debug)

    @property
    def suffix(self) -> str | None:
        """The parameter `name_suffix`, or SHORT_NAME_SUFFIX if that is absent or "None"; None if empty.

        Use `Logger(logger_category=parameter.suffix)` to group runs in a folder.
        """
        given = self._get("name_suffix") if self._has("name_suffix") else None
        absent = given is None or given == "None"
        return settings().experiment.SHORT_NAME_SUFFIX or None if absent else str(given)

    @property
    def signature(self) -> str:
        """Hash of the parameters, the same on every machine.

        Raises ParameterError for a value that cannot be saved.
        """
        values = self.make_dict()
        for name, value in values.items():
            plain_with_types(name, value)
        return digest(values)

    def make_dict(self) -> dict[str, Any]:
        """The parameters by name, in the order of their declaration."""
        return {name: self._get(name) for name in self.arg_names}

    def set_logger(self, logger: Callable[[str], object]) -> None:
        """Print messages through a logger."""
        self._say = function("logger", logger)

    def set_config_path(self, config_path: str | os.PathLike[str]) -> None:
        """Set the folder that `save_config` writes to."""
        self.config_path = str(path("config_path", config_path))

    def info(self, text: str) -> None:
        """Print a message, through the logger if there is one; without a logger `silence` suppresses it."""
        speak = vars(self).get("log_func", self._say)  # scripts of older releases assign log_func
        if speak not in (say, print) or not self.silence:
            speak(active_redactor().text(text))

    def save_config(self) -> None:
        """Write `parameter.json`, `run_config.json` and `full_description.txt` into the config folder.

        Raises ParameterError, which names the parameter, for a value that cannot be saved; then nothing is
        written.
        """
        from sml_config.run_record.record import (
            save_parameters,  # late: git, sockets: a third of this package's import time
        )

        folder = self._folder()
        values, notes = {}, {}
        for name, value in self.make_dict().items():
            values[name], more = plain_with_types(name, value)
            notes.update(more)
        again = folder.parameters.is_file()
        save_parameters(
            folder,
            values,
            self.short_name,
            self.important_configs(),
            signature=self.signature,
            exec_time=self.exec_time,
            parameter_defaults=self._saveable_defaults(),
            parameter_types=notes,
        )
        self.info(f"parameters saved in {folder.config}")
        differ = None if again else hidden_differences(folder, settings().backup_root, values)
        if differ is not None:
            self.info(differ)

    def load_config(self) -> None:
        """Load the parameters from `config_path`; reports missing and unknown ones."""
        file = self._parameter_file()
        self._update(_read_saved(file), str(file))

    @property
    def differences(self) -> list[str] | None:
        """Names of the parameters that differ from those saved in `config_path`; None if none are saved."""
        file = self._parameter_file()
        if not file.is_file():
            return None
        current, saved = self.make_dict(), self._typed(_read_saved(file), str(file))
        names = [*current, *(name for name in saved if name not in current)]
        return [
            name
            for name in names
            if name not in current or name not in saved or canonical(current[name]) != canonical(saved[name])
        ]

    def check_identity(self, need_description: bool = False, need_exec_time: bool = False) -> bool:
        """Whether `config_path` has the same parameters, optionally also the same target and start time."""
        if self.differences != []:
            return False
        run_config = read_json(self._parameter_file().with_name(RUN_CONFIG))
        run_config = run_config if isinstance(run_config, dict) else {}
        if (
            need_description
            and run_config.get("EXPERIMENT_TARGET") != settings().experiment.EXPERIMENT_TARGET
        ):
            return False
        return not need_exec_time or run_config.get("exec_time") == self.exec_time

    def __str__(self) -> str:
        lines = (f"{name}: {value}" for name, value in self.make_dict().items())
        return active_redactor().text("\n".join(lines))

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.make_dict().items())
        return active_redactor().text(f"{type(self).__name__}({inner})")

    def __getstate__(self) -> dict[str, Any]:
        """The values only: another process has the declarations, and the logger cannot be pickled."""
        return {
            name: value for name, value in vars(self).items() if name not in ("_declared", "_say", "log_func")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _declared=self._declarations(), _say=say)

    def _declarations(self) -> Mapping[str, DeclaredParameter]:
        return declared_in(type(self), lenient=type(self).parse is not ParameterTemplate.parse)

    def _run_parse(self, words: list[str] | None) -> dict[str, Any]:
        """Run `parse` and return its values by name; `words` replaces the command line."""
        hook = ParseHook(self._declared, words)
        with hook_parser(hook):
            namespace = self.parse()
        if not isinstance(namespace, argparse.Namespace):
            raise ParameterError(f"{type(self).__name__}.parse must return parser.parse_args()")
        values = dict(vars(namespace))
        for name in [name for name in self._declared if name in values]:
            values[name] = self._declared[name].collected(values[name])
        if not values and words is None and type(self).parse is ParameterTemplate.parse:
            name = type(self).__name__
            raise ParameterError(
                f"{name} declares no parameters; add annotated attributes, parser_init(self) or parse(self)"
            )
        self._defaults = {name: value for name, value in hook.defaults.items() if name in values}
        self._required = hook.required
        return values

    def _set_values(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self._set(name, copy.deepcopy(value) if isinstance(value, (list, dict)) else value)
            if name not in self.arg_names:
                self.arg_names.append(name)

    def _update(self, values: Mapping[str, Any], source: str) -> None:
        """Replace defaults by saved values and report missing and unknown parameters."""
        names = set(self._defaults)
        saved = self._typed(values, source)
        missing = [name for name in self._defaults if name not in saved]
        needed = [name for name in missing if name in self._required]
        if needed:
            message = f"{source}: no value for {', '.join(needed)}, which has no default"
            raise ParameterError(f"{message}; add a value or a default")
        self._set_values(saved)
        if missing:
            shown = ", ".join(f"{name}={self._get(name)!r}" for name in missing)
            self.info(f"{source}: missing, using the default: {shown}")
        lost = [name for name in saved if name not in names] if names else []
        if lost:
            shown = ", ".join(f"{name}={saved[name]!r}" for name in lost)
            self.info(f"{source}: no longer declared, keeping the saved value: {shown}")
        hidden = [name for name, value in saved.items() if isinstance(value, str) and REDACTED in value]
        if hidden:
            self.info(f"{source}: contains a redacted secret: {', '.join(hidden)}")

    def _typed(self, values: Mapping[str, Any], source: str) -> dict[str, Any]:
        """Convert saved values to their declared types. Raises ParameterError for an invalid one."""
        saved = flattened(values, set(self._defaults))
        for name, inner in ((name, group_members(name, self._defaults)) for name in saved):
            if inner:
                shown = active_redactor().text(repr(saved[name]))
                expected = f"a mapping for {', '.join(inner)}"
                raise ParameterError(
                    f"{source}: parameter {name}: invalid value {shown}; expected {expected}"
                )
        for name in [name for name in saved if name in self._declared]:
            try:
                saved[name] = self._declared[name].validated(saved[name])
            except ValueError as error:
                shown = active_redactor().text(repr(saved[name]))
                message = f"{source}: parameter {name}: invalid value {shown}; expected {error}"
                raise ParameterError(message) from None
        return saved

    def _has(self, name: str) -> bool:
        """Whether there is a parameter of this name, or an attribute set by the script."""
        if name in self.arg_names:
            return True
        return hasattr(self, name) and not hasattr(ParameterTemplate, name) and not callable(self._get(name))

    def _get(self, name: str) -> Any:
        owner, last = self._owner(name)
        return getattr(owner, last)

    def _set(self, name: str, value: Any) -> None:
        if name in _RESERVED or hasattr(ParameterTemplate, name):
            raise ParameterError(f"parameter {name}: the name is used by ParameterTemplate; choose another")
        owner, last = self._owner(name)
        setattr(owner, last, value)

    def _owner(self, name: str) -> tuple[object, str]:
        """The object that has a parameter as attribute: this one, or the group of its dotted name."""
        owner: object = self
        rest = name
        while "." in rest:
            head, _, tail = rest.partition(".")
            inner = vars(owner).get(head)
            if not isinstance(inner, ParameterGroup):
                break
            owner, rest = inner, tail
        return owner, rest

    def _saveable_defaults(self) -> dict[str, Any]:
        """The defaults as JSON values, for readers of runs that lack a parameter."""
        defaults: dict[str, Any] = {}
        for name, value in self._defaults.items():
            if name in self._required:
                continue
            try:
                defaults[name] = plain_with_types(name, value)[0]
            except ParameterError:  # only the value itself has to be saveable
                defaults[name] = repr(value)
        return defaults

    def _folder(self) -> RunFolder:
        path = Path(self.config_path).absolute()
        saved = self._parameter_file()
        path = saved.absolute().parent if saved.is_file() else path
        return RunFolder(path.parent, config_name=path.name)

    def _parameter_file(self) -> Path:
        """The parameter file: `config_path` itself, or in that folder or its `config` folder."""
        path = Path(self.config_path)
        if path.is_file() or path.suffix in (".json", ".yaml", ".yml"):
            return path
        inside = RunFolder(path).parameters
        return inside if inside.is_file() and not (path / PARAMETERS).is_file() else path / PARAMETERS


# Alias that existing scripts import.
ParameterTemplate2 = ParameterTemplate


def _description() -> str:
    target = active_redactor().text(settings().experiment.EXPERIMENT_TARGET)
    return target.replace("%", "%%")


def _read_saved(file: Path) -> dict[str, Any]:
    """Read a parameter file; tuples, paths and enums are restored if `run_config.json` records them."""
    if not file.is_file():
        raise ParameterError(f"{file}: no such file; expected the {PARAMETERS} of a run")
    if file.suffix in (".yaml", ".yml"):
        return {name: entry.value for name, entry in read_mapping(file).items()}
    saved = read_json(file)
    if not isinstance(saved, dict):
        raise ParameterError(f"{file}: not a JSON object; expected the saved parameters of a run")
    run_config = read_json(file.with_name(RUN_CONFIG))
    notes = run_config.get("parameter_types") if isinstance(run_config, dict) else None
    return {name: restored(name, value, notes) for name, value in saved.items()} if notes else saved
