"""`logger.tb` is a SummaryWriter whose images, histograms and texts stand beside the rows, in one file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorboardX
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from sml_logger import Logger


def read(run: str) -> EventAccumulator:
    events = EventAccumulator(
        str(Path(run, "tbfile")), size_guidance={"tensors": 0, "scalars": 0, "images": 0, "histograms": 0}
    )
    events.Reload()
    return events


def test_images_histograms_texts_and_rows_are_read_by_tensorboard(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        assert isinstance(logger.tb, tensorboardX.SummaryWriter)
        assert logger.tb is logger.tb
        for step in range(3):
            logger.log_tabular("loss", float(step))
            logger.tb.add_image("sample", np.zeros((3, 8, 8), np.uint8), step)
            logger.tb.add_histogram("weights", np.arange(10.0), step)
            logger.tb.add_scalar("extra", step * 2.0, global_step=np.int64(step))
            logger.dump_tabular()
        logger.tb.add_text("note", "hello", 2)
        logger.tb.flush()
    assert len(list(Path(logger.output_dir, "tbfile").iterdir())) == 1
    events = read(logger.output_dir)
    assert [event.value for event in events.Scalars("tb/loss")] == [0, 1, 2]
    assert [event.value for event in events.Scalars("extra")] == [0, 2, 4]
    assert [event.step for event in events.Images("sample")] == [0, 1, 2]
    assert [event.step for event in events.Histograms("weights")] == [0, 1, 2]
    assert b"hello" in events.Tensors("note/text_summary")[0].tensor_proto.string_val[0]


def test_an_image_is_in_the_file_when_its_call_returns_and_a_resumed_run_goes_on(project: Path) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        logger.tb.add_image("sample", np.zeros((3, 8, 8), np.uint8), 0)
        logger.log_tabular("x", 0.0)
        logger.dump_tabular()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        logger.tb.add_image("sample", np.zeros((3, 8, 8), np.uint8), 1)
        logger.log_tabular("x", 1.0)
        logger.dump_tabular()
    events = read(logger.output_dir)
    assert [event.step for event in events.Images("sample")] == [0, 1]
    assert [event.step for event in events.Scalars("tb/x")] == [0, 1]


def test_events_after_the_end_and_of_forked_children_are_left_out_and_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    writer = logger.tb
    child = os.fork()
    if child == 0:
        writer.add_scalar("x", 1.0, 0)
        os._exit(0)
    os.waitpid(child, 0)
    logger.close()
    writer.add_scalar("x", 1.0, 0)
    assert "logger.tb: the run is closed" in capsys.readouterr().out
    (path,) = Path(logger.output_dir, "tbfile").iterdir()
    assert [event for event in LegacyEventFileLoader(str(path)).Load() if event.HasField("summary")] == []


def test_tensorboardx_is_loaded_when_it_is_first_used(project: Path) -> None:
    code = (
        "import sys\nfrom sml_logger import Logger\n"
        "logger = Logger(backup_code=False)\nlogger.log_tabular('x', 1)\nlogger.dump_tabular()\n"
        "assert 'tensorboardX' not in sys.modules\n"
        "logger.tb.add_scalar('a', 1.0, 0)\nassert 'tensorboardX' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=project, capture_output=True)
