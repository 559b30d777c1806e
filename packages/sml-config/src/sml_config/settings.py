"""What can be set in the two files of `common_config/`, with types and defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CommonConfig:
    """`common_config.yaml`: what holds for every experiment of a project."""

    # A folder or file is left out of the code archive if a component of its path
    # starts with, contains or ends with one of these.
    BACKUP_IGNORE_HEAD: list[str] = field(default_factory=lambda: ["__p", "."])
    BACKUP_IGNORE_KEY: list[str] = field(default_factory=lambda: ["logfile", "logfile_bk"])
    BACKUP_IGNORE_TAIL: list[str] = field(default_factory=list)
    BASE_PATH: str | None = None
    LOG_DIR_BACKING_NAME: str = "TESTLog"
    LOG_FOLDER_NAME: str = "logfile"
    LOG_FOLDER_NAME_BK: str = "logfile_bk"
    # The main machine: its addresses are tried in order, each with the port at the same place.
    MAIN_MACHINE_IP: list[str] = field(default_factory=list)
    MAIN_MACHINE_PORT: list[int] = field(default_factory=list)
    MAIN_MACHINE_USER: str | None = None
    MAIN_MACHINE_PASSWD: str | None = None
    MAIN_MACHINE_LOG_PATH: str | None = None
    WORKSPACE_PATH: str | None = None


@dataclass(frozen=True)
class ExperimentConfig:
    """`experiment_config.yaml`: what holds for one experiment."""

    EXPERIMENT_COMMON_PARAMETERS: dict[str, Any] = field(default_factory=dict)
    EXPERIMENT_TARGET: str = ""
    # The values of these parameters name the run folder, in this order.
    IMPORTANT_CONFIGS: list[str] = field(default_factory=lambda: ["env_name", "seed"])
    SHORT_NAME_SUFFIX: str = ""


@dataclass(frozen=True)
class Settings:
    """Both files together with the folder that the logs are written under."""

    common: CommonConfig
    experiment: ExperimentConfig
    base_path: Path

    @property
    def log_root(self) -> Path:
        """Folder of all run folders."""
        return self.base_path / self.common.LOG_FOLDER_NAME

    @property
    def backup_root(self) -> Path:
        """Folder that earlier runs of the same name are moved to."""
        return self.base_path / self.common.LOG_FOLDER_NAME_BK
