"""The status file has the form documented in docs/run-folder.md."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from sml_logger import Logger

DOCUMENT = " ".join(
    (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8").split()
)


def test_heartbeat_and_error_have_the_documented_forms(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nan"), Logger(log_name="a", base_path=str(tmp_path)) as logger:
        raise ValueError("loss is nan")
    status = json.loads((Path(logger.output_dir) / "config" / "status.json").read_text())
    assert datetime.fromisoformat(status["heartbeat"]).tzinfo is not None
    assert "in ISO 8601 with the time zone offset of the machine" in DOCUMENT
    assert status["error"] == "ValueError: loss is nan"
    assert f"`{status['error']}`" in DOCUMENT
    assert status["traceback"].startswith("Traceback (most recent call last):\n")
