"""States of a run, as `config/status.json` records them; shared by logger and viewer."""

from __future__ import annotations

RUNNING, FINISHED, FAILED, KILLED = "running", "finished", "failed", "killed"
