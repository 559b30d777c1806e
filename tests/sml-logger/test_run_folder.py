"""A run writes the files that the tutorial lists, with what was logged in them."""

from __future__ import annotations

import csv
import json
import tarfile
from pathlib import Path

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text("print('train')\n")
    sml_config.set_settings(Settings(CommonConfig(), ExperimentConfig(), tmp_path))
    return tmp_path


def test_a_run_leaves_every_file_of_the_tutorial(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = Logger(log_name="a", log_signature="abc")
    logger("hello", 3)
    logger.add_tabular_data(tb_prefix="aaa", data1=[1, 2, 3], data2=2, date3=0.0)
    logger.add_tabular_data(tb_prefix="aaa", data1=[7, 8, 9], data2=10, date3=1.0)
    logger.log_tabular(tb_prefix="bbb", key="data4", val=10)
    logger.dump_tabular()
    run = Path(logger.output_dir)
    with (run / "progress.csv").open() as file:
        assert list(csv.DictReader(file)) == [{"data4": "10", "data1": "5.0", "data2": "6.0", "date3": "0.5"}]
    assert "hello 3" in capsys.readouterr().out
    logger.close()
    assert run == project / "logfile" / "a"
    assert "hello 3\n" in (run / "log.txt").read_text()
    assert (run / "signature").read_text() == "abc"
    assert list((run / "tbfile").glob("events.out.tfevents.*"))
    with tarfile.open(run / "coders.tar") as archive:
        assert archive.getnames() == ["main.py"]
    assert json.loads((run / "config" / "run_config.json").read_text())["run_id"]
    assert json.loads((run / "config" / "status.json").read_text())["state"] == "finished"


def test_an_earlier_run_is_moved_and_its_text_kept_beside(project: Path) -> None:
    with Logger(log_name="a") as first:
        first("first")
    with Logger(log_name="a") as second:
        second("second")
    (moved,) = (project / "logfile_bk").iterdir()
    assert "first" in (moved / "log.txt").read_text()
    assert "first" in (project / "logfile" / "a" / "log_back.txt").read_text()
