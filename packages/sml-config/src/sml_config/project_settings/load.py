"""Load settings files: types, environment variables (${NAME}), consistency; reports all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from sml_config.errors import Fault, SettingsError, nearest
from sml_config.redaction import REDACTED, Redactor, is_secret_name
from sml_config.validation import EMPTY, KINDS

from .settings import CommonConfig, ExperimentConfig, Section
from .yaml_with_lines import Entry, read_mapping, scalar, warn_of_words

AnySection = TypeVar("AnySection", bound=Section)

_VARIABLE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WHOLE_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}$")
# Their values are not secret; redacting a home folder everywhere would make files unreadable.
_PUBLIC_VARIABLES = frozenset(
    {"HOME", "USER", "LOGNAME", "USERNAME", "USERPROFILE", "HOSTNAME", "PWD", "SHELL", "TMPDIR", "TEMP"}
)


# Keys whose consistency is checked, by the key that the fault names.
_COMPARED = {
    "MAIN_MACHINE_PORT": ("MAIN_MACHINE_IP", "MAIN_MACHINE_PORT"),
    "MAIN_MACHINE_LOG_PATH": ("MAIN_MACHINE_LOG_PATH", "LOG_DIR_BACKING_NAME"),
    "LOG_FOLDER_NAME_BK": ("LOG_FOLDER_NAME", "LOG_FOLDER_NAME_BK"),
}
_HOST_KEYS = re.compile(r"refuse|accept-new|SHA256:\S+")


def load_section(path: Path, section: type[AnySection]) -> AnySection:
    """Read one settings file into its dataclass.

    Raises SettingsError with all faults of the file: missing, not YAML or JSON, unknown keys, invalid
    values, unset environment variables, inconsistent keys.
    """
    entries = read_mapping(path, "correct the path, or write the settings files with `sml-config init`")
    reader = _Reader(str(path), section)
    values = {name: value for name, entry in entries.items() for value in reader.read(name, entry)}
    loaded = section(**values, from_environment=frozenset(reader.from_environment))
    if isinstance(loaded, CommonConfig):
        # Keys that could not be read have their defaults now; they are not checked for consistency.
        unread = entries.keys() - values.keys()
        faults = _common_faults(str(path), loaded, entries, reader.unset_password)
        reader.faults += [fault for fault in faults if unread.isdisjoint(_COMPARED.get(fault.key or "", ()))]
    if reader.faults:
        raise SettingsError(sorted(reader.faults, key=lambda fault: fault.line or 0))
    # For boolean settings such words are unambiguous.
    warn_of_words(path, (entry for name, entry in entries.items() if reader.kinds[name] != "bool"))
    return loaded


class _Reader:
    """Converts the entries of a file, collecting faults and values of environment variables."""

    def __init__(self, file: str, section: type[Section]) -> None:
        self.file = file
        self.section = section
        self.kinds = {item.name: str(item.type) for item in fields(section) if item.name.isupper()}
        self.faults: list[Fault] = []
        self.from_environment: set[str] = set()
        # The password as written, if its variable is not set: a fault if there is a main machine.
        self.unset_password: str | None = None

    def read(self, name: str, entry: Entry) -> list[Any]:
        """The value in a list; an empty list, and a fault, if it is invalid."""
        if name not in self.kinds:
            self.faults.append(_unknown(self.file, name, entry.line, self.section))
            return []
        kind = self.kinds[name]
        fits, expected = KINDS[kind]
        missing: list[str] = []
        value = self._expand(entry.value, missing)
        if missing:
            if name == "MAIN_MACHINE_PASSWD":
                self.unset_password = str(entry.value)
                return [None]
            text = ", ".join(f"${{{item}}}" for item in dict.fromkeys(missing))
            remedy = f"export {missing[0]}=… before starting, or write the value in the file"
            self.faults.append(
                Fault(self.file, entry.line, f"{text} is not set in the environment; {remedy}", name)
            )
            return []
        if value is None and kind in EMPTY:
            value = EMPTY[kind]()  # `KEY:` without a value
        if isinstance(entry.value, str) and _WHOLE_VARIABLE.match(entry.value) and not fits(value):
            value = _parse_scalar(value)
        elif isinstance(entry.value, list) and kind == "list[int]":
            value = [
                _parse_scalar(new) if new != old else new for new, old in zip(value, entry.value, strict=True)
            ]
        if not fits(value):
            redactor = Redactor(frozenset(self.from_environment))
            shown = REDACTED if is_secret_name(name) else redactor.text(repr(value))
            self.faults.append(Fault(self.file, entry.line, f"invalid value {shown}", name, expected))
            return []
        return [value]

    def _expand(self, value: Any, missing: list[str]) -> Any:
        """Replace ${NAME} in strings by the environment variable; $${NAME} gives ${NAME}."""
        if isinstance(value, list):
            return [self._expand(item, missing) for item in value]
        if isinstance(value, dict):
            return {key: self._expand(item, missing) for key, item in value.items()}
        if not isinstance(value, str):
            return value

        def replace(match: re.Match[str]) -> str:
            escaped, variable = match.groups()
            if escaped:
                return match.group()[1:]
            if variable not in os.environ:
                missing.append(variable)
                return ""
            if variable not in _PUBLIC_VARIABLES and os.environ[variable]:
                self.from_environment.add(os.environ[variable])
            return os.environ[variable]

        return _VARIABLE.sub(replace, value)


def _unknown(file: str, name: str, line: int, section: type[Section]) -> Fault:
    near = nearest(name, section.keys())
    if near:
        return Fault(file, line, "unknown key", name, nearest=near)
    other = ExperimentConfig if section is CommonConfig else CommonConfig
    if name in other.keys():  # noqa: SIM118  a list of names, not a mapping
        where = "experiment_config.yaml" if other is ExperimentConfig else "common_config.yaml"
        return Fault(file, line, f"unknown key in this file; move it to {where}", name)
    remedy = "put own values under EXPERIMENT_COMMON_PARAMETERS in experiment_config.yaml"
    return Fault(file, line, f"unknown key; {remedy}", name, f"one of {', '.join(section.keys())}")


def _common_faults(
    file: str, loaded: CommonConfig, entries: dict[str, Entry], unset_password: str | None
) -> list[Fault]:
    """Faults of single values and of inconsistent keys."""
    faults: list[Fault] = []
    redactor = Redactor(loaded.from_environment)

    def fault(name: str, message: str, expected: str) -> None:
        line = entries[name].line if name in entries else None
        faults.append(Fault(file, line, redactor.text(message), name, expected))

    addresses, ports = len(loaded.MAIN_MACHINE_IP), len(loaded.MAIN_MACHINE_PORT)
    if addresses != ports and ("MAIN_MACHINE_PORT" in entries or addresses > 0):
        message = f"has {ports} entries, but MAIN_MACHINE_IP has {addresses}"
        fault("MAIN_MACHINE_PORT", message, "one port for each address, in the same order")
    for port in loaded.MAIN_MACHINE_PORT:
        if not 0 < port < 65536:
            fault("MAIN_MACHINE_PORT", f"invalid port {port}", "1 to 65535")
    path, last = loaded.MAIN_MACHINE_LOG_PATH, loaded.LOG_DIR_BACKING_NAME
    if path is not None and not PurePosixPath(path).is_absolute():
        fault("MAIN_MACHINE_LOG_PATH", f"invalid value {path!r}", "an absolute path on the main machine, /…")
    elif path is not None and PurePosixPath(path).name != last:
        expected = f"a path that ends in LOG_DIR_BACKING_NAME, …/{last}"
        fault("MAIN_MACHINE_LOG_PATH", f"invalid value {path!r}", expected)
    if not _HOST_KEYS.fullmatch(loaded.MAIN_MACHINE_HOST_KEY):
        message = f"invalid value {loaded.MAIN_MACHINE_HOST_KEY!r}"
        fault("MAIN_MACHINE_HOST_KEY", message, "refuse, accept-new or SHA256:…")
    for name in ("LOG_DIR_BACKING_NAME", "LOG_FOLDER_NAME", "LOG_FOLDER_NAME_BK"):
        value = getattr(loaded, name)
        if value in ("", ".", "..") or re.search(r"[/\\\x00]", value):
            fault(name, f"invalid value {value!r}", "the name of a folder, not a path")
    if loaded.LOG_FOLDER_NAME == loaded.LOG_FOLDER_NAME_BK:
        fault("LOG_FOLDER_NAME_BK", "is the same as LOG_FOLDER_NAME", "another folder, for earlier runs")
    for name, message in _alert_faults(loaded):
        faults.append(Fault(file, entries[name].line if name in entries else None, message, name))
    if unset_password and loaded.MAIN_MACHINE_IP:
        message = f"uses {unset_password}, which is not set in the environment"
        remedy = "a value: export the variable before starting, or write null to use SSH keys"
        fault("MAIN_MACHINE_PASSWD", message, remedy)
    return faults


def _alert_faults(loaded: CommonConfig) -> Iterator[tuple[str, str]]:
    """Keys of alerts with what is wrong with them; never with an address."""
    if not (loaded.ALERT_TO or loaded.ALERT_RULES or loaded.ALERT_QUIET):
        return
    from sml_config.alerts.addresses import parse_addresses  # late: few projects have alerts
    from sml_config.alerts.rules import parse_quiet, parse_rules

    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("ALERT_TO", lambda: parse_addresses(loaded.ALERT_TO)),
        ("ALERT_RULES", lambda: parse_rules(loaded.ALERT_RULES)),
        ("ALERT_QUIET", lambda: parse_quiet(loaded.ALERT_QUIET)),
    )
    for name, check in checks:
        try:
            check()
        except ValueError as error:  # AddressError and RuleError
            yield name, str(error)


def _parse_scalar(text: Any) -> Any:
    """Parse a variable's text as a YAML scalar, for settings that are a number or null."""
    return scalar(text) if isinstance(text, str) else text
