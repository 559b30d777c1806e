"""A logger and parameters as scripts of older releases use them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from smart_logger.parameter.ParameterTemplate import ParameterTemplate
from smart_logger.util_logger.logger import Logger
from smart_logger.util_logger.logger_base import LoggerBase
from sml_config import SettingsWarning
from sml_logger import RunIsLiveError


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_logger_base_writes_into_its_folder_and_leaves_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "my run[1]" / "of today"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    for run in range(2):
        logger = LoggerBase(output_dir=folder)
        logger.init_csv()
        logger.init_tb()
        logger.log("text", run, color="green")
        logger.log_tabular("a" if run else "b", run)
        logger.dump_tabular()
        logger.close()
    assert logger.output_dir == str(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert table(folder / "progress.csv") == [["a"], ["1"]]
    (earlier,) = folder.glob("progress.superseded-*.csv")
    assert table(earlier) == [["b"], ["0"]]
    assert "text 0\n" in (folder / "log.txt").read_text()
    assert not (folder / "coders.tar").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["my run[1]"]


def test_two_logger_bases_do_not_write_one_folder_at_once(tmp_path: Path) -> None:
    first = LoggerBase(str(tmp_path / "run"))
    with pytest.raises(RunIsLiveError):
        LoggerBase(str(tmp_path / "run"))
    first.close()


def test_a_logger_base_without_a_folder_has_one_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with LoggerBase(exp_name="mine") as logger:
        assert Path(logger.output_dir).parent == tmp_path / "experiments"
        assert logger.exp_name == "mine"


def test_another_name_of_the_table_is_answered_with_its_path(tmp_path: Path) -> None:
    with (
        pytest.warns(SettingsWarning, match=r"output_fname='a\.txt' is not used: .*progress\.csv") as caught,
        LoggerBase(tmp_path / "run", "a.txt"),
    ):
        pass
    assert caught[0].filename == __file__


def test_the_text_goes_to_a_file_of_the_script_too(tmp_path: Path) -> None:
    with (tmp_path / "mine.txt").open("w") as file, LoggerBase(tmp_path / "run", log_file=file) as logger:
        logger("hello")
        logger.log_tabular("a", 1)
        logger.dump_tabular()
        logger.set_log_file(None)
        logger("not there")
    text = (tmp_path / "mine.txt").read_text()
    assert text.startswith("hello\n")
    assert "|               a |               1 |" in text
    assert "not there" not in text


def test_the_attributes_of_older_loggers_are_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.py").write_text("pass")
    logger = Logger(log_name="a", logger_category="group", base_path=tmp_path, backup_code=False)
    logger.log_tabular("x", 1, "train")
    logger.add_tabular_data(y=[1, 2])
    assert (logger.log_name, logger.logger_category) == ("a", "group")
    assert (logger.log_current_row, logger.current_data) == ({"x": 1}, {"y": [1.0, 2.0]})
    logger.dump_tabular()
    assert (logger.log_headers, logger.log_current_row) == (["x", "y"], {})
    assert logger.tb_header_dict == {"x": "train"}
    run = tmp_path / "logfile" / "group" / "a"
    assert logger.output_tb_dir == str(run / "tbfile")
    assert logger.csv_output_file_name == str(run / "progress.csv")
    assert Logger.add_key_suffix("_a", {"x": 1}) == {"x_a": 1}
    capsys.readouterr()
    print("for the log", file=logger.log_file)
    assert capsys.readouterr().out == ""
    assert (run / "log.txt").read_text().endswith("for the log\n")
    logger.save_env()
    with pytest.raises(AttributeError, match=r"log_last_row.* any more; keep the values in the script"):
        _ = logger.log_last_row
    assert not hasattr(logger, "nothing_of_this_name")
    logger.backup_code()
    assert (run / "coders.tar").is_file()
    logger.close()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line."""
    monkeypatch.setattr(sys, "argv", ["train.py"])
    return sys.argv


FIVE = {"env_name": "Hopper-v2", "seed": 1, "policy_lr": 3e-4, "backing_log": False, "information": "TEST"}


def test_a_bare_template_has_the_five_parameters_of_older_releases(words: list[str], tmp_path: Path) -> None:
    words += ["--seed", "4", "--backing_log"]
    parameter = ParameterTemplate()
    assert parameter.make_dict() == {**FIVE, "seed": 4, "backing_log": True}
    assert parameter.short_name.endswith("-TEST")
    parameter.set_config_path(tmp_path)
    parameter.save_config()
    assert json.loads((tmp_path / "parameter.json").read_text()) == parameter.make_dict()
    assert ParameterTemplate(config_path=tmp_path).signature == parameter.signature


def test_a_subclass_has_the_five_where_it_asks_for_them_alone(words: list[str]) -> None:
    class Inherits(ParameterTemplate):
        pass

    class Adds(ParameterTemplate):
        def parser_init(self):  # type: ignore[no-untyped-def]  # as older scripts are
            parser = super().parser_init()
            parser.add_argument("--seed", type=int, default=7)
            parser.add_argument("--gamma", type=float, default=0.9)
            return parser

    class Declares(ParameterTemplate):
        gamma: float = 0.9

    words += ["--gamma", "0.5"]
    assert Adds().make_dict() == {**FIVE, "seed": 7, "gamma": 0.5}
    assert Declares().make_dict() == {"gamma": 0.5}
    del words[1:]
    assert Inherits().make_dict() == FIVE
