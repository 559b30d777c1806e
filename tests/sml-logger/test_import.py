"""`from sml_logger import Logger`: what a script pays before it starts a run."""

from __future__ import annotations

import subprocess
import sys

SLOW_MODULES = ("argparse", "dataclasses", "inspect", "socket", "sqlite3", "subprocess", "yaml", "zipfile")


def test_importing_the_logger_loads_no_slow_module_and_no_settings() -> None:
    code = "import sys; before = set(sys.modules); from sml_logger import Logger; "
    code += "print(*set(sys.modules) - before)"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = result.stdout.split()
    assert "sml_logger.logger" in loaded
    assert [name for name in loaded if name in SLOW_MODULES] == []
    assert [name for name in loaded if name.startswith("sml_config.project_settings")] == []
