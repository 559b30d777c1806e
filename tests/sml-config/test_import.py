"""What importing sml-config takes along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ALL = """
import importlib, os, pkgutil, sys
for name in ("fcntl", "grp", "pwd", "resource", "syslog", "termios"):
    sys.modules[name] = None
for name in ("fork", "getuid", "killpg", "register_at_fork"):
    delattr(os, name)
import sml_config
for item in pkgutil.walk_packages(sml_config.__path__, "sml_config."):
    importlib.import_module(item.name)
sml_config.set_common_config(LOG_FOLDER_NAME="x")
import pathlib
sml_config.record_run(sml_config.RunFolder(pathlib.Path("run")))
print("imported")
"""

LIGHT = """
import sys
import sml_config
heavy = ["subprocess", "socket", "multiprocessing", "tempfile", "urllib.request", "numpy"]
print([name for name in heavy if name in sys.modules])
"""


def test_no_module_needs_posix(run_script: Callable[..., Any]) -> None:
    done = run_script(ALL)
    assert (done.returncode, done.stdout) == (0, "imported\n"), done.stderr


def test_what_only_some_scripts_need_is_not_imported(run_script: Callable[..., Any]) -> None:
    assert run_script(LIGHT).stdout == "[]\n"


def test_all_names_are_sorted_and_there() -> None:
    import sml_config

    assert sml_config.__all__ == sorted(sml_config.__all__)
    assert [name for name in sml_config.__all__ if not hasattr(sml_config, name)] == []
