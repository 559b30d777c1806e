"""The names that scripts import, each loading its package only when used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import smart_logger
import sml_config
from smart_logger.common import common_config, experiment_config


def test_importing_it_loads_none_of_the_five() -> None:
    check = "import smart_logger, sys; print([name for name in sys.modules if name.startswith('sml_')])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", smart_logger.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(smart_logger, name) is not None


def test_the_version_is_the_one_of_the_repository() -> None:
    assert smart_logger.__version__ == (Path(__file__).parents[2] / "VERSION").read_text().strip()


def test_settings_are_live_attributes(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("LOG_FOLDER_NAME: logs")
    (tmp_path / "e.yaml").write_text("EXPERIMENT_TARGET: test")
    assert common_config.LOG_FOLDER_NAME == "logfile"
    smart_logger.init_config("c.yaml", "e.yaml", tmp_path)
    assert common_config.LOG_FOLDER_NAME == "logs"
    assert smart_logger.experiment_config.EXPERIMENT_TARGET == "test"
    assert smart_logger.get_base_path() == str(tmp_path)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="init_config"):
        _ = smart_logger.nothing
    with pytest.raises(AttributeError, match="EXPERIMENT_TARGET"):
        _ = experiment_config.NOTHING


def test_the_template_extends_the_one_of_sml_config() -> None:
    from smart_logger.parameter.ParameterTemplate import ParameterTemplate

    assert smart_logger.ParameterTemplate is smart_logger.ParameterTemplate2 is ParameterTemplate
    assert issubclass(ParameterTemplate, sml_config.ParameterTemplate)
