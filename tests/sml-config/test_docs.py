"""The documents say what the code does."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from sml_config import CommonConfig, ExperimentConfig, Task
from sml_config.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_key_is_documented_and_none_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    known = {*CommonConfig.keys(), *ExperimentConfig.keys()}
    assert known <= set(re.findall(r"`([A-Z_]+)`", text))
    assert set(re.findall(r"^\| `([A-Z_]+)`", text, re.M)) <= known


def test_the_documented_task_is_the_one_that_is_written() -> None:
    text = (ROOT / "docs" / "tasks-format.md").read_text(encoding="utf-8")
    example = json.loads(re.findall(r"```json\n(.*?)```", text, re.S)[0])
    task = Task(tuple(example["header"]), example["parameters"])
    assert {"format": "sml-task", "version": 1, **task.to_dict()} == example


def test_the_id_can_be_computed_from_the_document_alone() -> None:
    canonical = '[["python","main.py"],{"env_name":"Hopper-v2","lr":float:0.0001,"seed":0x1}]'
    assert hashlib.sha256(canonical.encode()).hexdigest()[:12] == "ed1b771c82c5"


def test_the_readmes_example_runs(tmp_path: Path) -> None:
    text = (ROOT / "packages" / "sml-config" / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    words = [sys.executable, "-W", "error", "main.py", "--policy_lr", "0.01"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "Hopper-v2_policy_lr_0.01_seed_1-DEMO_FILE" in done.stdout
    assert (tmp_path / "logfile" / "run" / "config" / "parameter.json").is_file()
