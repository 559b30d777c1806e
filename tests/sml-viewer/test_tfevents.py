"""Event files give the numbers that TensorBoard's own reader gives, in whatever state they are."""

from __future__ import annotations

import math
import os
import random
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.util import tensor_util

from sml_viewer.analysis.curves import Curves
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.readers.tfevents.records import masked_crc, records
from sml_viewer.readers.tfevents.rows import rows_of
from sml_viewer.readers.tfevents.scalars import Decoded, Points, decode

NAME = "events.out.tfevents.1700000000.host.4711.0"
Numbers = dict[str, list[tuple[int, float]]]


def record(event: Event) -> bytes:
    data = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def version() -> Event:
    return Event(wall_time=1.7e9, file_version="brain.Event:2")


def simple(step: int, **values: float) -> Event:
    listed = [Summary.Value(tag=tag.replace("__", "/"), simple_value=value) for tag, value in values.items()]
    return Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=listed))


def tensor(step: int, tag: str, proto: TensorProto, plugin: str = "scalars") -> Event:
    data = SummaryMetadata.PluginData(plugin_name=plugin)
    value = Summary.Value(tag=tag, tensor=proto, metadata=SummaryMetadata(plugin_data=data))
    return Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=[value]))


def text(tag: str, content: str) -> Event:
    return tensor(
        0, f"{tag}/text_summary", tensor_util.make_tensor_proto([content.encode()], shape=[1]), "text"
    )


def start(step: int) -> Event:
    return Event(wall_time=1.7e9, step=step, session_log=SessionLog(status=SessionLog.START))


def write(folder: Path, events: Sequence[Event], name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"".join(map(record, events)))
    return folder / name


def of_tensorboard(path: Path) -> Numbers:
    """The numbers as TensorBoard reads them."""
    reader = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    found = {tag: [(one.step, one.value) for one in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    for tag in reader.Tags()["tensors"]:
        values = [(one.step, tensor_util.make_ndarray(one.tensor_proto)) for one in reader.Tensors(tag)]
        if all(value.dtype.kind in "fi" and value.size == 1 for _, value in values):
            found[tag] = [(step, float(value.item())) for step, value in values]
    return found


def of_bytes(data: bytes) -> Numbers:
    """The numbers of a file's bytes."""
    decoded = decode(data, records(data))
    found = {}
    for tag, points in decoded.points.items():
        order, steps, _, values = (np.concatenate(column) for column in zip(*points, strict=True))
        place = np.argsort(order, kind="stable")
        found[tag] = list(zip(steps[place].tolist(), values[place].tolist(), strict=True))
    return found


def run_of(library: Library, name: str) -> Run:
    library.refresh()
    return next(run for run in library.runs() if run.name == name)


def column(library: Library, run: Run, name: str) -> list[float]:
    (found,) = library.columns([run], [name])
    return found[name].tolist()


def measured(library: Library, run: Run, tag: str, step: str = "step") -> list[tuple[float, float]]:
    """Step and value of each row with one."""
    rows = zip(column(library, run, step), column(library, run, tag), strict=True)
    return [(place, value) for place, value in rows if not math.isnan(value)]


def mixed_events(count: int = 200) -> list[Event]:
    """Scalars of all styles, many at once, steps of every width, pictures and histograms between them."""
    numbers = random.Random(0)
    events = [version()]
    for step in range(count):
        place = step * 10 ** numbers.randrange(0, 6)
        events.append(simple(place, loss=numbers.random(), a__long__tag=numbers.gauss(0, 1e9)))
        events += [simple(place, **{tag: numbers.random()}) for tag in ("acc", "val", "loss")]
        value = np.float32(numbers.random())
        events.append(tensor(place, "new", tensor_util.make_tensor_proto(value)))
        events.append(tensor(place, "double", tensor_util.make_tensor_proto(numbers.random(), np.float64)))
        listed = TensorProto(dtype="DT_FLOAT", float_val=[numbers.random()])
        events.append(tensor(place, "listed", listed))
        events.append(
            tensor(place, "whole", TensorProto(dtype="DT_INT64", int64_val=[numbers.randrange(10**6)]))
        )
        values = [numbers.random() for _ in range(3)]
        events.append(tensor(place, "bins", tensor_util.make_tensor_proto(np.float32(values)), "histograms"))
        picture = Summary.Image(
            height=1, width=1, encoded_image_string=numbers.randbytes(numbers.randrange(90))
        )
        events.append(Event(step=place, summary=Summary(value=[Summary.Value(tag="image", image=picture)])))
    return events


def test_scalars_of_every_style_are_those_of_tensorboards_own_reader(tmp_path: Path) -> None:
    path = write(tmp_path, mixed_events())
    expected = of_tensorboard(path)
    assert set(expected) == {"loss", "acc", "val", "new", "double", "listed", "whole", "a/long/tag"}
    assert of_bytes(path.read_bytes()) == expected


def test_steps_of_every_width_and_sign_are_read(tmp_path: Path) -> None:
    steps = [0, 1, 127, 128, 300, 2**21, 2**35, 2**53, -1]
    path = write(tmp_path, [version(), *(simple(step, x=place) for place, step in enumerate(steps * 20))])
    assert of_bytes(path.read_bytes()) == of_tensorboard(path)


def test_not_a_number_and_infinities_are_as_they_were_written(tmp_path: Path) -> None:
    values = [1.0, math.nan, math.inf, -math.inf]
    path = write(tmp_path, [simple(step, x=value) for step, value in enumerate(values)])
    assert repr(of_bytes(path.read_bytes())) == repr(of_tensorboard(path))


@pytest.mark.slow
def test_a_file_cut_at_any_byte_holds_what_was_whole_before() -> None:
    whole = b"".join(map(record, mixed_events(3)))
    expected = of_bytes(whole)
    for length in range(len(whole)):
        for tag, rows in of_bytes(whole[:length]).items():
            assert rows == expected[tag][: len(rows)]


def test_a_changed_byte_makes_no_number() -> None:
    whole = b"".join(map(record, [simple(step, loss=step / 3, acc=step / 7) for step in range(40)]))
    expected = of_bytes(whole)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        for tag, rows in of_bytes(bytes(damaged)).items():
            assert rows == expected[tag][: len(rows)]


def test_a_row_is_a_step_and_a_tag_that_was_written_twice_takes_two() -> None:
    events = [simple(1, a=1), simple(2, a=2), simple(1, b=10), simple(2, b=20), simple(2, a=3)]
    data = b"".join(map(record, events))
    rows = rows_of([decode(data, records(data))])
    assert rows.columns["step"].tolist() == [1, 2, 2]
    assert rows.columns["a"].tolist() == [1, 2, 3]
    assert rows.columns["b"][:2].tolist() == [10, 20]
    assert rows.columns["wall_time"].tolist() == [1.7e9 + 1, 1.7e9 + 2, 1.7e9 + 2]


def test_a_session_that_begins_again_replaces_what_was_beyond_its_step(
    tmp_path: Path, library: Library
) -> None:
    events = [simple(step, x=step) for step in range(10)] + [start(5)]
    path = write(
        tmp_path / "logfile" / "a", [version(), *events, *(simple(step, x=-step) for step in range(5, 8))]
    )
    run = run_of(library, "a")
    assert measured(library, run, "x") == of_tensorboard(path)["x"]
    assert run.rows == 8


def test_a_restart_in_a_file_of_its_own_replaces_what_was_beyond_its_step(
    logs: Path, library: Library
) -> None:
    write(logs / "a", [version(), *(simple(step, x=step) for step in range(10))])
    later = [version(), start(5), *(simple(step, x=-step) for step in range(5, 8))]
    write(logs / "a", later, NAME.replace("1700000000", "1700000999"))
    run = run_of(library, "a")
    assert measured(library, run, "x") == of_tensorboard(logs / "a")["x"]
    # What was replaced is not counted in the list either.
    assert run.rows == 8
    assert run.summary["x"] == (-7.0, -7.0, 4.0, 8)


def test_files_of_one_folder_are_one_run_in_the_order_of_their_times(logs: Path, library: Library) -> None:
    for name, value, steps in (("1700000009.b", 2, range(3, 5)), ("1700000001.c", 1, range(3))):
        write(
            logs / "a", [version(), *(simple(step, x=value) for step in steps)], f"events.out.tfevents.{name}"
        )
    run = run_of(library, "a")
    assert measured(library, run, "x") == of_tensorboard(logs / "a")["x"]
    assert run.last["x"] == 2


@pytest.mark.parametrize("size", [1, 37, 200])
def test_a_file_that_grows_is_read_on_as_if_it_were_read_at_once(
    logs: Path, library: Library, size: int
) -> None:
    events = [version()] + [simple(step, **{tag: step / 3}) for step in range(40) for tag in ("x", "yy", "z")]
    whole = b"".join(map(record, events))
    path = write(logs / "a", events)
    expected = of_tensorboard(path)
    for length in [*range(0, len(whole), max(size, len(whole) // 40)), len(whole)]:
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(whole[:length])
        library.refresh()
    (run,) = library.runs()
    assert {tag: measured(library, run, tag) for tag in expected} == expected


def test_only_what_is_new_is_read_of_a_file_with_later_steps(logs: Path, library: Library) -> None:
    path = write(logs / "a", [simple(step, x=step) for step in range(1000)])
    library.refresh()
    with path.open("r+b") as file:  # what was read before is not looked at again, but for its end
        file.seek(100)
        file.write(b"\0" * 1000)
        file.seek(0, os.SEEK_END)
        file.write(record(simple(1000, x=-1)))
    library.refresh()
    (run,) = library.runs()
    assert column(library, run, "x") == [*range(1000), -1]


def test_scalars_of_a_group_are_folded_back_into_their_run(logs: Path, library: Library) -> None:
    write(logs / "a", [simple(1, lr=0.1)], "events.out.tfevents.1.box.77.0")
    write(logs / "a" / "loss_all_train", [simple(1, loss__all=1)], "events.out.tfevents.2.box.77.1")
    write(logs / "a" / "loss_all_val", [simple(2, loss__all=2)], "events.out.tfevents.2.box.77.2")
    write(logs / "a" / "other", [simple(1, loss=3)], "events.out.tfevents.2.box.78.0")
    library.refresh()
    assert sorted(run.name for run in library.runs()) == ["a", "a/other"]
    run = run_of(library, "a")
    assert set(run.columns) == {"step", "wall_time", "lr", "loss/all/train", "loss/all/val"}
    assert column(library, run, "loss/all/val") == [2]


def test_train_and_validation_of_keras_are_one_run(logs: Path, library: Library) -> None:
    for stage, values in (("train", (0.5, 0.6)), ("validation", (0.4, 0.45))):
        events = [
            tensor(step, "epoch_acc", tensor_util.make_tensor_proto(np.float32(v)))
            for step, v in enumerate(values)
        ]
        write(logs / "a" / stage, events)
    run = run_of(library, "a")
    assert [run.name for run in library.runs()] == ["a"]
    assert column(library, run, "validation/epoch_acc") == [np.float32(0.4), np.float32(0.45)]
    assert column(library, run, "train/epoch_acc") == [np.float32(0.5), np.float32(0.6)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            text(
                "hyperparameters",
                "|param|value|\n|-|-|\n|env_id|Hopper-v4|\n|lr|0.0003|\n|seed|3|\n|cuda|True|\n|x||",
            ),
            {"env_id": "Hopper-v4", "lr": 0.0003, "seed": 3, "cuda": True, "x": ""},
        ),
        (text("args", '{"learning_rate": 5e-05, "seed": 42}'), {"learning_rate": 5e-05, "seed": 42}),
        (text("notes", '{"a": 1}'), {}),
        (text("args", '{"a": '), {}),
        (
            text("args", "Namespace(task='Ant, v4', lr=1e-3, sizes=[64, 64], net=Net(a=1, b=2), path=None)"),
            {"task": "Ant, v4", "lr": 0.001, "sizes": [64, 64], "net": "Net(a=1, b=2)", "path": None},
        ),
        (text("config", "{'lr': 0.1, 'name': \"it's\"}"), {"lr": 0.1, "name": "it's"}),
        (text("config", "see config(s) for more"), {}),
    ],
)
def test_parameters_are_in_text_summaries(
    logs: Path, library: Library, event: Event, expected: dict[str, Any]
) -> None:
    write(logs / "a", [version(), event, simple(1, x=1)])
    assert run_of(library, "a").parameters == expected


def test_parameters_are_those_of_the_hparams_plugin(logs: Path, library: Library) -> None:
    given = {"lr": 0.1, "layers": 3, "net": "mlp", "on": True}
    write(logs / "a", [version(), Event(summary=hparams_pb(given)), simple(1, x=1)])
    run = run_of(library, "a")
    assert run.parameters == given
    assert set(run.columns) == {"step", "wall_time", "x"}


def test_folders_of_tensorboardx_whose_files_name_no_process_are_their_runs(
    logs: Path, library: Library
) -> None:
    name = "events.out.tfevents.1700000000.box"
    write(logs / "a", [version(), simple(1, lr=1)], name)
    for stage, value in (("train", 2), ("val", 3)):
        write(logs / "a" / "loss" / stage, [version(), simple(1, loss=value)], name)
    write(logs / "a" / "1700000001.25", [version(), Event(summary=hparams_pb({"lr": 0.1}))], name)
    write(logs / "a" / "another", [version(), simple(1, loss=4)], name)
    library.refresh()
    assert sorted(run.name for run in library.runs()) == ["a", "a/another"]
    run = run_of(library, "a")
    assert set(run.columns) == {"step", "wall_time", "lr", "loss/train", "loss/val"}
    assert run.parameters == {"lr": 0.1}


def test_the_folder_of_add_hparams_is_its_runs(logs: Path, library: Library) -> None:
    write(logs / "a", [version(), simple(1, loss=1)], "events.out.tfevents.1700000000.box.77.0")
    events = [version(), Event(summary=hparams_pb({"lr": 0.1})), simple(0, hparam__acc=0.9)]
    write(logs / "a" / "1700000001.25", events, "events.out.tfevents.1700000001.box.77.1")
    run = run_of(library, "a")
    assert len(library.runs()) == 1
    assert run.parameters == {"lr": 0.1}
    assert column(library, run, "hparam/acc") == [np.float32(0.9)]


def test_a_file_without_numbers_is_only_told_of_a_run_that_has_none(logs: Path, library: Library) -> None:
    parameters = [version(), Event(summary=hparams_pb({"lr": 0.1}))]
    write(logs / "a", [version(), simple(1, loss=1)], "events.out.tfevents.1700000000.box.77.0")
    write(logs / "a" / "1700000001.25", parameters, "events.out.tfevents.1700000001.box.77.1")
    write(logs / "b", parameters)
    assert not any("no numbers" in note for note in run_of(library, "a").notes)
    assert any("no numbers" in note for note in run_of(library, "b").notes)


def test_parameters_that_come_after_the_file_are_seen(logs: Path, library: Library) -> None:
    path = write(logs / "a", [version()])
    assert run_of(library, "a").parameters == {}
    write(logs / "a", [version(), text("args", '{"seed": 1}')], path.name)
    assert run_of(library, "a").parameters == {"seed": 1}


def test_a_run_says_which_reader_opened_it_and_what_is_damaged(logs: Path, library: Library) -> None:
    path = write(logs / "a", [simple(1, x=1), simple(2, x=2)])
    path.write_bytes(path.read_bytes() + b"\0" * 40)
    run = run_of(library, "a")
    assert run.reader == "tfevents"
    assert run.notes == (
        "opened as TensorBoard event files (reader tfevents)",
        f"{NAME}: a record is damaged; the rest of the file is not read",
    )


def test_event_files_beside_and_below_a_table_are_of_its_run(
    logs: Path, library: Library, make_run: Callable[..., Path]
) -> None:
    own = make_run("own", "step,x\n1,1\n")
    write(own / "tbfile", [simple(1, y=1)])
    theirs = logs / "theirs"
    write(theirs / "tb" / "events", [simple(1, y=1)])
    (theirs / "progress.csv").write_text("step,x\n1,1\n")
    library.refresh()
    assert sorted(run.name for run in library.runs()) == ["own", "theirs"]
    assert set(run_of(library, "own").columns) == {"step", "x"}
    assert run_of(library, "own").notes == ()
    assert run_of(library, "theirs").notes == (
        "tb/events: TensorBoard event files of the same run; its rows are not read",
    )


def test_event_files_beside_another_table_give_the_columns_that_it_lacks(
    logs: Path, library: Library
) -> None:
    write(logs / "a", [simple(1, loss=1, grad=9)])
    (logs / "a" / "metrics.csv").write_text("epoch,loss,step\n0,0.5,1\n")
    run = run_of(library, "a")
    assert [run.name for run in library.runs()] == ["a"]
    assert (run.reader, set(run.columns)) == ("tables", {"epoch", "loss", "step", "grad", "wall_time"})
    assert column(library, run, "loss") == [0.5]
    assert column(library, run, "grad") == [9]


@pytest.mark.parametrize("folder", ["", "summaries"])
def test_a_run_of_isaac_lab_has_the_parameters_that_its_task_dumped(
    logs: Path, library: Library, folder: str
) -> None:
    run_folder = logs / "cartpole" / "2026-01-01_00-00-00"
    write(run_folder / folder, [simple(1, Train__mean_reward=2)])
    (run_folder / "params").mkdir()
    (run_folder / "params" / "agent.yaml").write_text("seed: 42\nactor:\n  activation: elu\n")
    (run_folder / "params" / "env.yaml").write_text("seed: 42\nsize: !!python/tuple\n- 1\n- 2\n")
    run = run_of(library, "cartpole/2026-01-01_00-00-00")
    assert run.parameters == {"seed": 42, "actor": {"activation": "elu"}, "size": [1, 2]}
    assert set(run.columns) == {"step", "wall_time", "Train/mean_reward"}


def test_metrics_of_validation_are_drawn_over_their_own_steps(
    logs: Path, curves: Callable[..., Curves]
) -> None:
    for stage, steps in (("train", range(60)), ("validation", range(0, 60, 10))):
        events = [
            tensor(step, "epoch_acc", tensor_util.make_tensor_proto(np.float32(step / 60))) for step in steps
        ]
        write(logs / "a" / stage, events)
    (panel,) = curves(USE_SMOOTH=False).panels
    assert panel.pair == ("step", "validation/epoch_acc")
    assert panel.curves[0].x.tolist() == [*range(0, 60, 10)]


def test_scalars_of_a_group_are_drawn_over_their_own_steps(logs: Path, curves: Callable[..., Curves]) -> None:
    write(logs / "a", [simple(step, lr=0.1) for step in range(30)], "events.out.tfevents.1.box.77.0")
    write(
        logs / "a" / "loss_val",
        [simple(step, loss=step) for step in range(0, 30, 5)],
        "events.out.tfevents.2.box.77.1",
    )
    (panel,) = curves(USE_SMOOTH=False, PLOTTING_XY=[["step", "loss/val"]]).panels
    assert panel.curves[0].x.tolist() == [*range(0, 30, 5)]


def payload(data: bytes) -> bytes:
    """A record of any bytes."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


@pytest.mark.parametrize(
    "content",
    [
        payload(b"") * 150_000,
        payload(b"\x09") * 150_000,
        payload(b"\x10" + b"\xff" * 30) * 50_000,
        payload(b"\x2a\x0e\x0a\x0c\x0a\x01x\x15" + bytes(4)) * 60_000,
        payload(b"\x09" + bytes(8) + b"\x10\x01\x2a\xff\xff\xff\xff\x0f") * 60_000,
        struct.pack("<Q", 2**62) + struct.pack("<I", masked_crc(struct.pack("<Q", 2**62))) + bytes(500),
        b"\0" * 3_000_000,
    ],
)
def test_no_event_file_stalls_the_reader(logs: Path, library: Library, content: bytes) -> None:
    write(logs / "a", []).write_bytes(content)
    started = time.process_time()
    run_of(library, "a")
    assert time.process_time() - started < 3


def test_tags_at_steps_of_their_own_are_told_where_they_would_fill_the_memory() -> None:
    decoded = Decoded()
    for tag in range(8000):
        steps = np.arange(tag * 1000, tag * 1000 + 2)
        decoded.points[f"t{tag}"] = [Points(steps, steps, steps * 1.0, steps * 1.0)]
    with pytest.raises(ValueError, match="8,000 metrics at 16,000 steps of their own are too many"):
        rows_of([decoded])
