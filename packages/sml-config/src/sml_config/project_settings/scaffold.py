"""`sml-config init`: create the `common_config/` folder of a project."""

from __future__ import annotations

from importlib import resources, util
from pathlib import Path

from sml_config.errors import SmlConfigError
from sml_config.run_folder import write_atomic

FOLDER = "common_config"
COMMON = "common_config.yaml"
EXPERIMENT = "experiment_config.yaml"
LOADER = "load_config.py"

LINES = """from common_config.load_config import init_smart_logger

init_smart_logger()
"""


class ExistsError(SmlConfigError):
    """Files that `init` would write exist already; `files` lists them."""

    def __init__(self, files: list[Path]) -> None:
        self.files = tuple(files)
        names = ", ".join(str(path) for path in files)
        super().__init__(f"already exists: {names}; add --force to overwrite")


def write_common_config(project: Path, *, force: bool = False) -> list[Path]:
    """Write the three files of `common_config/` into a project, all or none; returns their paths.

    Raises ExistsError if one exists already and `force` is not set, SmlConfigError if there is no such
    project.
    """
    if not project.is_dir():
        raise SmlConfigError(f"{project}: no such folder; create it first, or correct the path")
    texts = {project / FOLDER / name: _template(name) for name in (COMMON, EXPERIMENT, LOADER)}
    existing = [path for path in texts if path.exists() or path.is_symlink()]
    if existing and not force:
        raise ExistsError(existing)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
    return list(texts)


def _template(name: str) -> str:
    text = (
        resources.files("sml_config")
        .joinpath("templates")
        .joinpath(f"{name}.txt")
        .read_text(encoding="utf-8")
    )
    module = "smart_logger" if util.find_spec("smart_logger") else "sml_config"
    return text.replace("@module@", module)
