"""Each section of "Coming from another tool" is walked on logs that the real tool wrote."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sml_viewer.cli.main import main

from ..framework_logs import unpacked

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "coming-from-another-tool.md"
_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ sml-viewer (.+)$", re.MULTILINE)
# The logs of each section: a sample, the folder of it that is meant, and its name in the document.
SAMPLES = {
    "TensorBoard": [("torch_tensorboard", ".", "runs")],
    "W&B": [("wandb_offline", "wandb", "wandb")],
    "MLflow": [("mlflow_files", "mlruns", "mlruns"), ("mlflow_sqlite", ".", "database")],
    "Lightning": [("lightning_csv", "lightning_logs", "lightning_logs")],
    "Hydra": [("hydra_multirun", "multirun", "multirun")],
    "Sacred": [("sacred_files", "sacred", "sacred")],
    "Trackio": [("trackio_sqlite", ".", "trackio")],
}
PARAMETERS = {
    "MLflow": "seed=0",
    "Hydra": "env.name=CartPole-v1",
    "Sacred": "seed=1",
}


def sections() -> dict[str, list[str]]:
    commands_of = {title: _COMMAND.findall(text) for title, text in _SECTION.findall(PAGE.read_text("utf-8"))}
    return {title: commands for title, commands in commands_of.items() if commands}


def test_every_section_with_commands_has_a_sample() -> None:
    assert sorted(sections()) == sorted(SAMPLES)


@pytest.mark.parametrize("title", SAMPLES)
def test_the_commands_of_a_section_work_on_logs_of_its_tool(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for sample, folder, name in SAMPLES[title]:
        (unpacked(sample, tmp_path) / folder).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for command in sections()[title]:
        words = shlex.split(command)
        assert main([*words, "-wks", str(tmp_path / "workspace")]) == 0
        shown = capsys.readouterr().out
        if words[0] == "list":
            assert re.search(r"^\d runs?$", shown, re.MULTILINE)
            assert PARAMETERS.get(title, "") in shown
        else:
            assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 1000
