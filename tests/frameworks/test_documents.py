"""What the guide to integrations imports exists, with every framework installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "integrations.md"
IMPORTS = re.findall(r"^from (sml_logger\.integrations\.\w+) import (\w+)$", GUIDE.read_text(), re.MULTILINE)
NAMED = [
    re.split("[.:]", path) for path in re.findall(r"sml_logger\.integrations\.\w+[.:]\w+", GUIDE.read_text())
]


@pytest.mark.parametrize(("module", "name"), [*IMPORTS, *((".".join(path[:-1]), path[-1]) for path in NAMED)])
def test_the_guide_names_what_exists(module: str, name: str) -> None:
    assert hasattr(__import__(module, fromlist=[name]), name)
