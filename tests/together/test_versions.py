"""One version for all distributions, and pins between them that say so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAMILY = ["smart-logger", "sml-config", "sml-launch", "sml-logger", "sml-sync", "sml-viewer"]


def pins(root: Path) -> set[str]:
    """The versions that distributions demand of their siblings, and READMEs of pip."""
    texts = [path.read_text() for path in root.glob("packages/*/pyproject.toml")]
    return {
        version for text in texts for version in re.findall(r'"(?:sml-\w+|smart-logger)\S*?==([^"]+)"', text)
    }


def test_every_distribution_is_here() -> None:
    assert sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")) == FAMILY


def test_every_pin_is_the_version() -> None:
    assert pins(ROOT) == {(ROOT / "VERSION").read_text().strip()}


def test_bump_sets_the_version_and_every_pin(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "packages", tmp_path / "packages", ignore=shutil.ignore_patterns("src"))
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("VERSION", "README.md", "README.zh.md"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run([sys.executable, tmp_path / "scripts" / "bump.py", "2.3.4"], check=True)
    assert pins(tmp_path) == {"2.3.4"}
    assert (tmp_path / "VERSION").read_text() == "2.3.4\n"


def test_every_distribution_carries_the_licence() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert all((ROOT / "packages" / name / "LICENSE").read_text() == licence for name in FAMILY)
