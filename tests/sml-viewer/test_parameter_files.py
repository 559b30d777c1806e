"""Values that tools write into files of parameters: as the plain data that they were."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import enum
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import yaml

from sml_viewer.library import Library


class Activation(enum.Enum):
    RELU = "relu"


@dataclasses.dataclass
class Optimizer:
    lr: float = 0.1


def parameters_of(logs: Path, library: Library, name: str, content: str) -> dict[str, Any]:
    (logs / "a").mkdir()
    (logs / "a" / "progress.csv").write_text("step,loss\n0,1\n")
    (logs / "a" / name).write_text(content, "utf-8")
    library.refresh()
    (run,) = library.runs()
    return dict(run.parameters)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.int64(-3), -3),
        (np.bool_(True), True),
        (Activation.RELU, "relu"),
        (PurePosixPath("/data/a"), "/data/a"),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        ((1, 2), [1, 2]),
        (Optimizer(), {"lr": 0.1}),
        (argparse.Namespace(lr=1), {"lr": 1}),
        (collections.OrderedDict(lr=1), {"lr": 1}),
    ],
)
def test_objects_that_yaml_dumped_are_the_plain_values_inside(
    logs: Path, library: Library, value: Any, plain: Any
) -> None:
    assert parameters_of(logs, library, "config.yaml", yaml.dump({"x": value})) == {"x": plain}


@pytest.mark.parametrize("kind", ["f8", "O", "f3", "<U4"])
def test_a_numpy_scalar_that_is_no_number_of_its_size_is_shown_as_it_is(
    logs: Path, library: Library, kind: str
) -> None:
    text = f"x: !!python/object/apply:numpy.core.multiarray.scalar ['{kind}', !!binary 'AAA=']\n"
    assert parameters_of(logs, library, "config.yaml", text)["x"][0] == kind


def test_no_call_in_yaml_is_made(logs: Path, library: Library, tmp_path: Path) -> None:
    text = f"x: !!python/object/apply:os.system ['touch {tmp_path}/called']\nlr: 1e-4\n"
    assert parameters_of(logs, library, "hparams.yaml", text)["lr"] == 1e-4
    assert not (tmp_path / "called").exists()


def test_the_configuration_file_of_wandb_gives_its_values(logs: Path, library: Library) -> None:
    text = "wandb_version: 1\n_wandb:\n  value: {t: 1}\nlr:\n  desc: null\n  value: 0.1\nseed:\n  value: 3\n"
    assert parameters_of(logs, library, "config.yaml", text) == {"lr": 0.1, "seed": 3}


def test_objects_with_a_value_among_others_stay_objects(logs: Path, library: Library) -> None:
    text = "lr:\n  value: 0.1\nseed: 3\n"
    assert parameters_of(logs, library, "config.yaml", text) == {"lr": {"value": 0.1}, "seed": 3}
