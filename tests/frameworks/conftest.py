"""What every test with real frameworks shares: nothing is fetched or sent, and settings of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from write_framework_files import OFFLINE

import sml_config

os.environ |= OFFLINE


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Every test starts from the default settings, in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("SML_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    sml_config.set_settings(None)
    yield
    sml_config.set_settings(None)
