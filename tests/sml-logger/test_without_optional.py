"""Without NumPy, Pillow, psutil and torch all logs; what needs one says what to install, in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

OPTIONAL = (
    *("numpy", "PIL", "psutil", "pynvml", "torch", "imageio", "imageio_ffmpeg", "matplotlib"),
    *("tensorboardX", "tensorboard", "apprise", "pandas"),
)
CODE = """
import sys, time
sys.modules.update(dict.fromkeys({optional!r}))
import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
sml_config.set_settings(Settings(CommonConfig(SYSTEM_METRICS_SECONDS=0.05), ExperimentConfig(), "."))
import sml_logger.wandb as wandb
from sml_logger import Logger
from sml_logger.tensorboard import SummaryWriter

with Logger(log_name="a", parameters={{"lr": 1}}, backup_code=False) as logger:
    logger.add_tabular_data(loss=1.0)
    logger.dump_tabular()
    logger.log({{"loss": 0.5}}, step=1)
    logger.log_text("text", "words", 1)
    logger.log_histogram("weights", [1.0, 2.0], 1)
    for step in range(3):
        logger.log_image("image", [[0, 255]], step)
        logger.log_video("video", [[[[0, 0, 0]]]], step)
        logger.log_audio("sound", [0.0, 0.5], step)
    time.sleep(0.3)
with SummaryWriter("b") as writer:
    writer.add_scalar("loss", 1.0, 0)
    writer.add_histogram("weights", [1.0, 2.0], 0)
with wandb.init(name="c") as run:
    run.log({{"loss": 1.0, "weights": wandb.Histogram([1, 2])}})
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("bare")
    code = CODE.format(optional=OPTIONAL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


def test_rows_are_logged_by_every_interface(output: tuple[Path, str]) -> None:
    tables = {path.parent.name[0]: path.read_text() for path in output[0].rglob("progress.csv")}
    assert tables == {"a": "loss,step\n1.0,\n0.5,1\n", "b": "step,loss\n0,1.0\n", "c": "step,loss\n0,1.0\n"}


def test_histograms_texts_and_system_metrics_need_no_package(output: tuple[Path, str]) -> None:
    stored = {path.parent.name for path in output[0].rglob("media/*/*")}
    assert stored == {"text", "weights"}
    header, *rows = (output[0] / "logfile" / "a" / "system.csv").read_text().splitlines()
    assert "cpu" in header
    assert rows


def test_what_needs_a_package_says_so_in_one_line_with_the_command(output: tuple[Path, str]) -> None:
    lines = [line for line in output[1].splitlines() if "WARNING" in line]
    assert len(lines) == 3
    assert all(line.endswith("pip install numpy") for line in lines)
    (record,) = (output[0] / "logfile" / "a").glob("config/status.json")
    assert json.loads(record.read_text())["state"] == "finished"
