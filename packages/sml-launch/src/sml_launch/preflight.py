"""Checks before a launch: encodable parameters, distinct run folders, a command that can start."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sml_config import ExperimentConfig, SmlConfigError, Task
from sml_config.project_settings.load import load_section
from sml_config.project_settings.report import settings_files
from sml_config.tasks.tasks import cell_text, swept_parameters

from .errors import GridError
from .state.launch_file import Launch


def check_run_folders(directory: Path, tasks: Sequence[Task]) -> None:
    """Raise GridError if tasks would share a run folder, which is named by the project's IMPORTANT_CONFIGS.

    Projects without an experiment_config name their run folders themselves and are not checked.
    """
    _, file = settings_files(directory)
    if not file.is_file():
        return
    try:
        important = load_section(file, ExperimentConfig).IMPORTANT_CONFIGS
    except SmlConfigError as error:
        raise GridError(str(error)) from None
    naming = (*important, *(["information"] if "information" not in important else []))
    first: dict[tuple[str, ...], Task] = {}
    for task in tasks:
        values = task.parameters
        name = tuple(cell_text(values[key]) if values.get(key) is not None else "" for key in naming)
        other = first.setdefault(name, task)
        if other is not task:
            differing = swept_parameters([other.parameters, values])
            lines = "".join(f"\n- {key}" for key in differing)
            raise GridError(
                f"tasks would share a run folder: they differ only in {', '.join(differing)}, which is "
                f"neither in IMPORTANT_CONFIGS nor in information. Add to IMPORTANT_CONFIGS in {file}:{lines}"
            )


def check_words(tasks: Sequence[Task], environment: Mapping[str, str]) -> None:
    """Raise GridError for a string that cannot be passed in a command line or the environment."""
    for name, value in environment.items():
        if not name or "=" in name or not _can_be_passed(name + value):
            raise GridError(
                f"environment_dict: {name!r} cannot be set; {_EXPECTED_TEXT}, and no = in its name"
            )
    # A grid repeats few values very often; check each once.
    simple: set[Any] = set()
    for task in tasks:
        simple.update(task.parameters)
        try:
            simple.update(task.parameters.values())
        except TypeError:  # lists and mappings are not hashable
            simple.update(Task((), task.parameters).command)
    if all(_can_be_passed(text) for text in simple if isinstance(text, str)):
        return
    for task in tasks:
        for name, value in task.parameters.items():
            if not all(map(_can_be_passed, Task((), {name: value}).command)):
                raise GridError(
                    f"parameter {name!r}: {value!r} cannot be passed in a command; {_EXPECTED_TEXT}"
                )


_EXPECTED_TEXT = f"expected text that can be encoded in {sys.getfilesystemencoding()}, without NUL characters"


def _can_be_passed(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def check_start(launch: Launch, header: Sequence[str]) -> None:
    """Raise GridError if tasks cannot start on this machine: folder, variables, program or script is missing.

    The program is not checked with `setup` lines, which may provide it: `module load python`.
    """
    directory = Path(launch.directory)
    if not directory.is_dir():
        raise GridError(
            f"{directory}: no such directory to run tasks in; correct directory in the experiment file"
        )
    environment = launch.base_environment()
    words = launch.resolved_header(header)
    if not launch.setup:
        program = words[0]
        path = environment.get("PATH")
        executable = shutil.which(str(directory / program) if os.sep in program else program, path=path)
        if executable is None:
            where = str(directory) if os.sep in program else "PATH"
            raise GridError(
                f"cannot start {header[0]!r}: no such program in {where}; correct start_up_header, "
                "or load it in setup"
            )
    script = next((word for word in words[1:] if word.endswith(".py")), None)
    if script is not None and _PYTHON.fullmatch(Path(words[0]).name) and not (directory / script).is_file():
        raise GridError(f"{directory / script}: no such script; correct start_up_header or directory")


_PYTHON = re.compile(r"python[\d.]*")
