"""Types and defaults of the settings in the two files of `common_config/`."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sml_config.errors import ArgumentError
from sml_config.redaction import Redactor, redacted, secrets_in
from sml_config.validation import path, setting


@dataclass(frozen=True, repr=False)
class Section:
    """A settings file; its upper-case fields are the file's keys."""

    # Values of environment variables (${NAME}), which are secret; not a key of the file.
    from_environment: frozenset[str] = field(default=frozenset(), kw_only=True, compare=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name.isupper():
                given = getattr(self, item.name)
                try:
                    value = setting(str(item.type), given)
                except ValueError as error:
                    raise ArgumentError(item.name, given, str(error)) from None
                if value is not given:
                    object.__setattr__(self, item.name, value)

    @classmethod
    def keys(cls) -> list[str]:
        """The keys of the file, in the order of their declaration."""
        return [item.name for item in fields(cls) if item.name.isupper()]

    def values(self) -> dict[str, Any]:
        """Keys with their values, secrets included."""
        return {name: getattr(self, name) for name in self.keys()}

    def __repr__(self) -> str:
        return self.shown(frozenset())

    @property
    def secrets(self) -> frozenset[str]:
        """Values to redact."""
        return frozenset(secrets_in(self.values())) | self.from_environment

    def shown(self, more: frozenset[str]) -> str:
        """The section as text, without its secrets and `more`."""
        redactor = Redactor(self.secrets | more)
        shown = (f"{name}={redacted(name, value, redactor)!r}" for name, value in self.values().items())
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class CommonConfig(Section):
    """`common_config.yaml`: settings of all experiments of a project."""

    # A folder or file is left out of the code archive if a component of its path
    # starts with, contains or ends with one of these.
    BACKUP_IGNORE_HEAD: list[str] = field(default_factory=lambda: ["__p", "."])
    BACKUP_IGNORE_KEY: list[str] = field(default_factory=lambda: ["logfile", "logfile_bk"])
    BACKUP_IGNORE_TAIL: list[str] = field(default_factory=list)
    # Whether the archive includes files ignored by git, and key files (`id_rsa`, `*.env`).
    BACKUP_GIT_IGNORED: bool = False
    BACKUP_KEY_FILES: bool = False
    # Where alerts go, as URLs; each is secret. What they are about, and the hours in which none is sent.
    ALERT_TO: list[str] = field(default_factory=list)
    ALERT_RULES: list[str] = field(default_factory=list)
    ALERT_QUIET: str | None = None
    # The folder below which logs are written; set by `init_config`.
    BASE_PATH: str | None = None
    LOG_DIR_BACKING_NAME: str = "TESTLog"
    LOG_FOLDER_NAME: str = "logfile"
    LOG_FOLDER_NAME_BK: str = "logfile_bk"
    # Seconds of rows that a power failure may lose at most; 0 leaves flushing to the system.
    FSYNC_SECONDS: float = 5.0
    # Seconds between samples of CPU, memory, disks, network and GPUs; 0 takes none.
    SYSTEM_METRICS_SECONDS: float = 15.0
    # The main machine: its addresses are tried in order, each with the port at the same index.
    MAIN_MACHINE_IP: list[str] = field(default_factory=list)
    MAIN_MACHINE_PORT: list[int] = field(default_factory=list)
    MAIN_MACHINE_USER: str | None = None
    MAIN_MACHINE_PASSWD: str | None = None
    # A file whose first line is the password, read when needed.
    MAIN_MACHINE_PASSWD_FILE: str | None = None
    # An absolute path that ends in LOG_DIR_BACKING_NAME.
    MAIN_MACHINE_LOG_PATH: str | None = None
    # Policy for unknown host keys: refuse | accept-new | SHA256:…
    MAIN_MACHINE_HOST_KEY: str = "refuse"
    # A private key, used instead of the password.
    MAIN_MACHINE_KEY_FILE: str | None = None
    WORKSPACE_PATH: str | None = None


@dataclass(frozen=True, repr=False)
class ExperimentConfig(Section):
    """`experiment_config.yaml`: settings of one experiment."""

    EXPERIMENT_COMMON_PARAMETERS: dict[str, Any] = field(default_factory=dict)
    # Printed at start and saved with the run.
    EXPERIMENT_TARGET: str = ""
    # The parameters in the run folder's name, in this order.
    IMPORTANT_CONFIGS: list[str] = field(default_factory=lambda: ["env_name", "policy_lr", "seed"])
    # Suffix of the folder's name, unless there is a parameter `information`.
    SHORT_NAME_SUFFIX: str = ""


@dataclass(frozen=True, repr=False)
class Origin:
    """The contents of the two files, before changes by code."""

    common_file: Path
    experiment_file: Path
    common: CommonConfig
    experiment: ExperimentConfig


@dataclass(frozen=True, repr=False)
class Settings:
    """Both files together with the folder below which logs are written."""

    common: CommonConfig
    experiment: ExperimentConfig
    base_path: Path
    # None if they were not read from files.
    origin: Origin | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.base_path, Path):
            object.__setattr__(self, "base_path", path("base_path", self.base_path))

    @property
    def log_root(self) -> Path:
        """Folder of all run folders."""
        return self.base_path / self.common.LOG_FOLDER_NAME

    @property
    def backup_root(self) -> Path:
        """Folder to which earlier runs of the same name are moved."""
        return self.base_path / self.common.LOG_FOLDER_NAME_BK

    @property
    def secrets(self) -> frozenset[str]:
        """Values to redact."""
        return self.common.secrets | self.experiment.secrets

    def redacted(self) -> dict[str, Any]:
        """All settings as one mapping, with secrets redacted and the base path filled in."""
        redactor = Redactor(self.secrets)
        return {name: redacted(name, value, redactor) for name, value in self.values().items()}

    def values(self) -> dict[str, Any]:
        """All keys with their values, secrets included; BASE_PATH is the current base path."""
        return {**self.common.values(), **self.experiment.values(), "BASE_PATH": str(self.base_path)}

    def __repr__(self) -> str:
        hidden = self.secrets
        base = Redactor(hidden).text(str(self.base_path))
        return f"Settings({self.common.shown(hidden)}, {self.experiment.shown(hidden)}, base_path={base!r})"
