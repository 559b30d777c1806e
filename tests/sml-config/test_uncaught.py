"""A fault of the settings files ends a script with its text alone; any other error keeps its traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = "import sml_config\nsml_config.init_config('common_config/c.yaml', 'common_config/e.yaml', '.')\n"


def ended(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    (folder / "main.py").write_text(script)
    return subprocess.run(
        [sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_missing_settings_files_are_a_line_each_that_says_what_to_do(tmp_path: Path) -> None:
    done = ended(tmp_path, SCRIPT)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0].rpartition("/")[2] for line in lines] == ["c.yaml", "e.yaml"]
    assert all("no such" in line for line in lines)


def test_another_error_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "common_config").mkdir()
    for name in "ce":
        (tmp_path / "common_config" / f"{name}.yaml").touch()
    done = ended(tmp_path, SCRIPT + "1 / 0\n")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr
