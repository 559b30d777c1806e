"""TensorBoard shows what was logged: values, tags, steps."""

from __future__ import annotations

import json
import math
import re
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX.proto.event_pb2 import Event, SessionLog

from sml_logger import Logger
from sml_logger.outputs.tensorboard import TensorBoardOutput, varint
from sml_logger.row import Row
from sml_logger.rows.table import Table

Scalars = Callable[[Path | str], list[tuple[str, int, float]]]
Get = Callable[..., Any]


@pytest.fixture(params=["true", "false"], ids=["fast loader", "python loader"])
def tensorboard(project: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Get]]:
    """Starts a real TensorBoard on the project's logs and gives a function that asks it."""
    servers = []

    def start() -> Get:
        words = ["--logdir", str(project / "logfile"), "--port", "0", "--host", "127.0.0.1"]
        server = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", *words, "--load_fast", request.param],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        servers.append(server)
        assert server.stderr is not None
        for line in server.stderr:
            if match := re.search(r"http://127\.0\.0\.1:\d+/", line):
                address = match.group()
                break
        else:
            pytest.fail("TensorBoard did not start")

        def get(path: str, **query: str) -> Any:
            url = f"{address}data/plugin/scalars/{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)

        return get

    yield start
    for server in servers:
        server.kill()
        server.wait()
        assert server.stderr is not None
        server.stderr.close()


def loaded(get: Get, run: str, tag: str, number: int) -> list[tuple[int, float]]:
    """Step and value of a tag, once TensorBoard has read that many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if tag in get("tags").get(run, {}):
            points = get("scalars", run=run, tag=tag)
            if len(points) >= number:
                return [(int(step), float(value)) for _, step, value in points]
        time.sleep(0.1)
    return pytest.fail(f"TensorBoard did not load {run} {tag}: {get('tags')}")


@pytest.mark.slow
def test_tensorboards_http_api_returns_values_tags_and_the_x_label(
    project: Path, tensorboard: Callable[[], Get]
) -> None:
    values = [math.sin(step) * 10**step for step in range(-12, 12)]
    with Logger(log_name="plain", backup_code=False) as logger:
        for number, value in enumerate(values):
            logger.add_tabular_data(tb_prefix="train", **{"loss": value, "损失, %": -value})
            logger.log_tabular("episodes", number, tb_prefix="count")
            logger.log_tabular("hidden", number, no_tb=True)
            logger.add_tabular_data(default=value)
            logger.dump_tabular()
    with Logger(log_name="labelled", backup_code=False) as logger:
        logger.set_tb_x_label("interactions")
        for number, value in enumerate(values):
            logger.add_tabular_data(tb_prefix="train", loss=value)
            logger.log_tabular("interactions", 1_000_000_000_000 + number * 2048)
            logger.dump_tabular()
    with Logger(log_name="rewound", backup_code=False) as logger:
        for step in range(10):
            logger.add_tabular_data(x=step)
            logger.dump_tabular()
    with Logger(log_name="rewound", backup_code=False, resume=4) as logger:
        for step in range(4, 7):
            logger.add_tabular_data(x=step * 100)
            logger.dump_tabular()

    get = tensorboard()
    number = len(values)
    single = [float(np.float32(value)) for value in values]
    plain = "plain/tbfile"
    assert loaded(get, plain, "train/loss", number) == list(enumerate(single))
    assert loaded(get, plain, "train/损失, %", number) == [(s, -v) for s, v in enumerate(single)]
    assert loaded(get, plain, "count/episodes", number) == [(s, float(s)) for s in range(number)]
    assert loaded(get, plain, "tb/default", number) == list(enumerate(single))
    assert set(get("tags")[plain]) == {"train/loss", "train/损失, %", "count/episodes", "tb/default"}
    labelled = [(1_000_000_000_000 + step * 2048, value) for step, value in enumerate(single)]
    assert loaded(get, "labelled/tbfile", "train/loss", number) == labelled
    rewound = [(step, float(step)) for step in range(4)] + [(step, step * 100.0) for step in range(4, 7)]
    assert loaded(get, "rewound/tbfile", "tb/x", 7) == rewound


def test_blanks_and_strings_stay_out_and_odd_numbers_go_in(project: Path, scalars: Scalars) -> None:
    odd = {"nan": math.nan, "inf": math.inf, "minus": -math.inf, "huge": 1e300, "tiny": 1e-300}
    with Logger(log_name="a", backup_code=False) as logger:
        logger.register_keys(["later"])
        logger.log_tabular("note", "text", no_tb=True)
        for key, value in odd.items():
            logger.log_tabular(key, value)
        logger.log_tabular("vast", -(10**400))
        logger.dump_tabular()
        logger.add_tabular_data(later=1)
        logger.dump_tabular()
        logger.log_tabular("note", "only text", no_tb=True)
        logger.dump_tabular()
    points = scalars(logger.output_dir)
    values = {tag: value for tag, step, value in points if step == 0}
    assert math.isnan(values.pop("tb/nan"))
    assert values == {
        "tb/inf": math.inf,
        "tb/minus": -math.inf,
        "tb/huge": math.inf,
        "tb/tiny": 0.0,
        "tb/vast": -math.inf,
    }
    assert [(tag, step) for tag, step, _ in points if step > 0] == [("tb/later", 1)]


def test_a_row_without_the_x_label_keeps_the_step_and_says_so(project: Path, scalars: Scalars) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.set_tb_x_label("t")
        for t in ("none yet", None, 10, 20.5, None, math.nan, 30):
            logger.add_tabular_data(y=1)
            if t is not None:
                logger.log_tabular("t", t, no_tb=True)
            logger.dump_tabular()
    assert [step for tag, step, _ in scalars(logger.output_dir) if tag == "tb/y"] == [10, 20, 20, 20, 30]
    text = Path(logger.output_dir, "log.txt").read_text()
    assert "row 0 has no number for TensorBoard's x label 't'; such rows are not written to it" in text
    assert "row 4 has no number for TensorBoard's x label 't'; such rows get the step of the row" in text
    assert text.count("has no number") == 2
    assert "TensorBoard's steps are integers; t is truncated" in text


def test_prefixes_may_change_and_be_chosen_later(project: Path, scalars: Scalars) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.add_tabular_data(tb_prefix="one", x=1)
        logger.dump_tabular()
        logger.add_tabular_data(x=2)  # keeps its prefix
        logger.dump_tabular()
        logger.update_tb_header_dict({"x": "two"})
        logger.add_tabular_data(x=3)
        logger.dump_tabular()
        logger.add_tabular_data(x=4)
        logger.log_tabular("x", average_only=True, no_tb=True)
        logger.dump_tabular()
    assert scalars(logger.output_dir) == [("one/x", 0, 1.0), ("one/x", 1, 2.0), ("two/x", 2, 3.0)]


numbers = st.one_of(st.floats(), st.integers(), st.integers(-(10**400), 10**400))
KEYS = ["a", "b", "损失", "x" * 200]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "损失", "x" * 200]), numbers), min_size=1, max_size=5
    ),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(0, 4e9),
)
def test_another_reader_of_the_format_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], x: int, wall_time: float
) -> None:
    folder = tmp_path_factory.mktemp("tbfile")
    output, table = TensorBoardOutput(folder), Table()
    expected = []
    for step, row in enumerate(rows):
        for key, value in row.items():
            table.set(key, value, "p")
        shape, values = table.in_column_order(table.take())
        output.write_row(Row(shape, values, step, x, wall_time, ""))
        if row:
            expected.append({f"p/{key}": float32(value) for key, value in row.items()})
    output.close()
    (path,) = folder.iterdir()
    events = list(events_of(path.read_bytes()))
    assert events[0].file_version == "brain.Event:2"
    assert events[1].session_log.status == SessionLog.START
    assert all((event.step, event.wall_time) == (x, wall_time) for event in events[1:])
    summaries = [{value.tag: value.simple_value for value in event.summary.value} for event in events[2:]]
    assert repr([dict(sorted(row.items())) for row in summaries]) == repr(
        [dict(sorted(row.items())) for row in expected]
    )


def test_integers_are_encoded_as_protobuf_does() -> None:
    for number in (0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)):
        encoded = Event(step=number).SerializeToString()
        assert encoded == (b"\x10" + varint(number) if number else b"")


def events_of(data: bytes) -> Iterator[Event]:
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def float32(value: float) -> float:
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(float(value)))
    except OverflowError:
        return math.inf if value > 0 else -math.inf
