"""Settings of a run: the arguments of `init`, then `Settings`, then the variables WANDB_…."""

from __future__ import annotations

import os
import random
import string
import time
from dataclasses import dataclass, fields, replace
from typing import Any

_VARIABLES = {
    "project": "WANDB_PROJECT",
    "name": "WANDB_NAME",
    "id": "WANDB_RUN_ID",
    "group": "WANDB_RUN_GROUP",
    "job_type": "WANDB_JOB_TYPE",
    "notes": "WANDB_NOTES",
    "resume": "WANDB_RESUME",
    "dir": "WANDB_DIR",
    "mode": "WANDB_MODE",
    "entity": "WANDB_ENTITY",
    "tags": "WANDB_TAGS",
}
# Names of attributes of `wandb.Settings` for arguments of `init`.
_SETTINGS = {
    "run_name": "name",
    "run_id": "id",
    "run_group": "group",
    "run_job_type": "job_type",
    "run_notes": "notes",
    "run_tags": "tags",
    "root_dir": "dir",
}
_OFF = ("disabled", "dryrun-disabled")


class Settings:
    """As `wandb.Settings`: any names, of which `init` uses those that it has as arguments too."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


@dataclass(frozen=True)
class RunSettings:
    """What is known of a run before it begins; None is not given."""

    project: str | None = None
    name: str | None = None
    id: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    entity: str | None = None
    dir: str | os.PathLike[str] | None = None
    resume: str | bool | None = None
    mode: str | None = None

    @property
    def is_disabled(self) -> bool:
        """Whether nothing is to be written."""
        return str(self.mode).lower() in _OFF or os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1")


def run_settings(given: dict[str, Any], settings: Settings | dict[str, Any] | None) -> RunSettings:
    """The settings of a run: the first of the argument, the attribute of `settings` and the variable."""
    chosen: dict[str, Any] = settings if isinstance(settings, dict) else dict(vars(settings or Settings()))
    more: dict[str, Any] = {_SETTINGS.get(name, name): value for name, value in chosen.items()}
    values: dict[str, Any] = {}
    for item in fields(RunSettings):
        variable = os.environ.get(_VARIABLES[item.name]) or None
        candidates = (given.get(item.name), more.get(item.name), variable)
        value = next((candidate for candidate in candidates if candidate is not None), None)
        if value is not None:
            values[item.name] = value
    tags = values.pop("tags", ())
    words = tags.split(",") if isinstance(tags, str) else tags
    values |= {name: str(values[name]) for name in ("project", "name", "id", "group") if name in values}
    return replace(RunSettings(**values), tags=tuple(str(word).strip() for word in words))


def new_id(length: int = 8) -> str:
    """A random id of small letters and digits, as W&B's; the seeds of the script are not touched."""
    return "".join(random.SystemRandom().choices(string.ascii_lowercase + string.digits, k=length))


def new_name() -> str:
    """A name for a run without one."""
    return time.strftime("run-%Y%m%d-%H%M%S")
