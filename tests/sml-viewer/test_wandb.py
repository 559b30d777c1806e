"""Logs of W&B, written here byte by byte as its core writes them: read with nothing of W&B installed."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.columns.choose import choose_pair
from sml_viewer.library import Library
from sml_viewer.model.run import Run

FOLDER = "wandb/offline-run-20260102_030405-abc123"
BLOCK = 32_768


def field(number: int, data: bytes | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(data, int):
        return varint(number << 3) + varint(data)
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def item(name: str, value: Any, number: int = 1) -> bytes:
    names = b"".join(field(2, part.encode()) for part in name.split("/"))
    return field(number, names + field(16, json.dumps(value).encode()))


def history(step: int, **values: Any) -> bytes:
    items = b"".join(item(name.replace("__", "/"), value) for name, value in values.items())
    return field(2, items + item("_step", step) + field(2, field(1, step)))


def start(**config: Any) -> bytes:
    items = b"".join(item(name, value) for name, value in config.items())
    return field(17, field(1, b"abc123") + field(4, items))


def log(records: Sequence[bytes]) -> bytes:
    """A LevelDB log: chunks that do not cross the borders of blocks."""
    data = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for record in records:
        rest, first = record, True
        while rest or first:
            room = BLOCK - len(data) % BLOCK
            if room < 7:
                data += b"\0" * room
                room = BLOCK
            part, rest = rest[: room - 7], rest[room - 7 :]
            kind = {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[first, not rest]
            crc = zlib.crc32(bytes([kind]) + part)
            data += struct.pack("<IHB", crc, len(part), kind) + part
            first = False
    return bytes(data)


def write(logs: Path, data: bytes, folder: str = FOLDER) -> Path:
    path = logs / folder / f"run-{folder[-6:]}.wandb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def the_run(library: Library) -> Run:
    library.refresh()
    (run,) = library.runs()
    return run


def column(library: Library, run: Run, name: str) -> list[float]:
    (found,) = library.columns([run], [name])
    return found[name].tolist()


def test_a_run_is_called_as_wandb_shows_it_and_selected_by_its_group_and_tags(
    logs: Path, library: Library
) -> None:
    texts = {3: ["cartpole"], 6: ["lr"], 7: ["train"], 8: ["gentle-sun-3"], 12: ["x7f"], 10: ["base", "v2"]}
    record = field(17, b"".join(field(number, text.encode()) for number in texts for text in texts[number]))
    write(logs, log([record, history(0, loss=1.0)]))
    library.refresh()
    (run,) = library.runs()
    assert run.name == "wandb/gentle-sun-3"
    assert run.settings == {
        "wandb.project": "cartpole",
        "wandb.group": "lr",
        "wandb.job_type": "train",
        "wandb.sweep": "x7f",
        "wandb.tags": "base, v2",
    }


def test_a_log_gives_rows_configuration_and_end(logs: Path, library: Library) -> None:
    picture = {"_type": "image-file", "width": 3}
    rows = [
        history(step, loss=1 / (step + 1), train={"acc": step / 3}, image=picture) for step in range(2000)
    ]
    rows.append(history(2000, val__acc=math.nan, note="words"))
    write(
        logs, log([start(seed=3, net={"layers": [64, 64]}, _wandb={"t": 1}), *rows, field(18, field(1, 0))])
    )
    run = the_run(library)
    assert (run.reader, run.rows, run.state) == ("wandb", 2001, "finished")
    assert run.parameters == {"seed": 3, "net": {"layers": [64, 64]}}
    assert set(run.columns) == {"_step", "loss", "train/acc"}
    assert column(library, run, "loss")[:2000] == [1 / (step + 1) for step in range(2000)]
    assert column(library, run, "_step") == [*range(2001)]


def test_a_run_that_ended_with_an_error_failed_and_one_without_an_end_is_not_said_to_run(
    logs: Path, library: Library
) -> None:
    path = write(logs, log([start(seed=1), history(0, x=1)]))
    assert the_run(library).state is None
    path.write_bytes(log([start(seed=1), history(0, x=1), field(18, field(1, 2))]))
    assert the_run(library).state == "failed"


@pytest.mark.parametrize("code", [255, 130, 143])
def test_a_run_that_its_user_interrupted_was_killed_and_did_not_fail(
    logs: Path, library: Library, code: int
) -> None:
    write(logs, log([start(seed=1), history(0, x=1), field(18, field(1, code))]))
    assert the_run(library).state == "killed"


def test_the_end_behind_the_first_megabyte_of_a_log_is_noticed_when_it_comes(
    logs: Path, library: Library
) -> None:
    records = [start(seed=1), *(history(step, x=step, text="y" * 40_000) for step in range(40))]
    path = write(logs, log(records))
    assert path.stat().st_size > 1 << 20
    assert the_run(library).state is None
    path.write_bytes(log([*records, field(18, field(1, 0)), field(20, b""), field(22, b"")]))
    assert (the_run(library).state, the_run(library).rows) == ("finished", 40)
    path.write_bytes(log([*records, field(18, field(1, 1))]))
    assert the_run(library).state == "failed"


@pytest.mark.parametrize("padding", [0, 1, 5, 6, 7, 8, 1000])
def test_the_end_of_a_long_log_is_found_when_it_comes(logs: Path, library: Library, padding: int) -> None:
    # A record of several blocks, so that the log's end may begin in the midst of one.
    words = "y" * (BLOCK * 3 + padding)
    rows = [start(seed=1), *(history(step, x=step, text=words) for step in range(20))]
    path = write(logs, log(rows))
    assert path.stat().st_size > 1 << 20
    run = the_run(library)
    assert (run.rows, run.state) == (20, None)
    path.write_bytes(log([*rows, field(18, field(1, 0))]))
    library.refresh_known()
    run = the_run(library)
    assert (run.rows, run.state, run.parameters) == (20, "finished", {"seed": 1})


@pytest.mark.parametrize("piece", [1, 29, 4_000, 300_000])
def test_the_end_of_a_log_that_grows_piece_by_piece_is_told_once_it_is_whole(
    logs: Path, library: Library, piece: int
) -> None:
    rows = [start(seed=1), *(history(step, x=step, text="y" * 40_000) for step in range(40))]
    behind = [history(40 + step, x=step) for step in range(3)]
    begin, end = log(rows), log([*rows, *behind, field(18, field(1, 1)), field(20, b"")])
    path = write(logs, begin)
    assert the_run(library).state is None
    whole = len(log([*rows, *behind, field(18, field(1, 1))]))
    sizes = [len(begin) + 11, *range(max(len(begin) + 12, whole - 3 * piece), whole, piece), whole, len(end)]
    for size in sizes:
        path.write_bytes(end[:size])
        library.refresh_known()
        (run,) = library.runs()
        assert run.state == ("failed" if size >= whole else None)


def test_the_end_of_a_log_that_was_written_anew_is_that_of_the_new_one(logs: Path, library: Library) -> None:
    rows = [start(seed=1), *(history(step, x=step, text="y" * 40_000) for step in range(40))]
    path = write(logs, log([*rows, field(18, field(1, 1))]))
    assert the_run(library).state == "failed"
    path.write_bytes(log([*rows, *(history(40 + step, x=step) for step in range(9))]))
    assert the_run(library).state is None


def test_a_log_of_a_header_alone_is_a_run_without_rows(logs: Path, library: Library) -> None:
    write(logs, log([]))
    assert the_run(library).rows == 0


@pytest.mark.parametrize("size", [1, 997])
def test_a_log_that_is_cut_and_grows_is_read_as_if_it_were_read_at_once(
    logs: Path, library: Library, size: int
) -> None:
    count = 4 if size == 1 else 900
    whole = log([start(seed=1), *(history(step, x=step / 3, text="y" * 40) for step in range(count))])
    path = write(logs, b"")
    for length in [*range(7, len(whole), max(size, len(whole) // 120)), len(whole)]:
        with path.open("r+b") as file:
            file.write(whole[:length])
        library.refresh()
    run = the_run(library)
    assert column(library, run, "x") == [step / 3 for step in range(count)]


def test_a_damaged_log_says_so_and_gives_what_is_before(logs: Path, library: Library) -> None:
    data = bytearray(log([start(seed=1), *(history(step, x=step) for step in range(50))]))
    data[len(data) // 2] ^= 0x55
    write(logs, bytes(data))
    run = the_run(library)
    found = column(library, run, "x")
    assert 0 < len(found) < 50
    assert found == [*range(len(found))]
    assert any("a record is damaged" in note for note in run.notes)


def test_a_folder_of_wandb_in_the_folder_of_a_run_is_that_run(logs: Path, library: Library) -> None:
    write(logs, log([start(seed=1), history(0, x=1)]), f"a/{FOLDER}")
    (logs / "a" / "metrics.csv").write_text("epoch,step,loss\n0,1,2\n")
    run = the_run(library)
    assert (run.name, run.reader) == ("a", "tables")
    assert f"{FOLDER}: a local run of W&B of the same run; its rows are not read" in run.notes


def test_several_runs_of_wandb_in_one_folder_are_runs_of_their_own(logs: Path, library: Library) -> None:
    for run in ("111111", "222222"):
        write(logs, log([start(seed=1), history(0, x=1)]), f"wandb/run-20260102_030405-{run}")
    (logs / "training_log.csv").write_text("epoch,loss\n0,1\n")
    library.refresh()
    assert len(library.runs()) == 3


def defined(number: int, name: str, x: str) -> bytes:
    """A record of `define_metric`, of a name (1) or a glob of names (2)."""
    return field(12, field(number, name.encode()) + field(4, x.encode()))


def test_a_metric_is_drawn_over_the_metric_that_define_metric_names(logs: Path, library: Library) -> None:
    rows = [history(step, val__acc=step / 7, epoch=step // 2, loss=1 / (step + 1)) for step in range(20)]
    write(logs, log([start(seed=1), defined(1, "epoch", ""), defined(2, "val/*", "epoch"), *rows]))
    run = the_run(library)
    assert (run.recorded_axis("val/acc"), run.recorded_axis("loss")) == ("epoch", "_step")
    assert choose_pair(library, [run], y="val/acc").x == "epoch"
    assert choose_pair(library, [run], y="loss").x == "_step"


def test_an_axis_that_was_never_logged_and_names_with_dots_are_not_taken(
    logs: Path, library: Library
) -> None:
    rows = [history(step, a__b=step, x__y=step * 2) for step in range(5)]
    write(logs, log([start(seed=1), defined(1, "a.b", "x.y"), defined(1, "other", "never"), *rows]))
    run = the_run(library)
    assert (run.recorded_axis("a/b"), run.recorded_axis("other")) == ("x/y", None)


def test_items_of_any_form_give_the_same_values_as_usual_ones(logs: Path, library: Library) -> None:
    whole = [history(step, loss=step / 7, n=3, deep={"a": step}, text="NaN") for step in range(20)]
    # The value before the name, a name of one part, a name of 130 letters, a value of more than 127 letters.
    odd = [
        field(1, field(16, b"0.5") + field(2, b"loss")),
        field(1, field(1, b"n") + field(16, b"3")),
        item("x" * 130, 1.5),
        item("digits", 10**140),
    ]
    write(logs, log([start(seed=1), *whole, *(field(2, one + item("_step", 20)) for one in odd)]))
    run = the_run(library)
    assert column(library, run, "loss")[:20] == [step / 7 for step in range(20)]
    assert column(library, run, "loss")[20] == 0.5
    assert column(library, run, "n")[:20] == [3.0] * 20
    assert column(library, run, "n")[21] == 3.0
    assert column(library, run, "deep/a")[:20] == [*range(20)]
    assert run.last["x" * 130] == 1.5
    assert run.last["digits"] == 1e140


def summary(**values: Any) -> bytes:
    return field(1, 7) + field(
        3, b"".join(item(name.replace("__", "/"), value) for name, value in values.items())
    )


ENDED = field(18, field(1, 0))


def test_a_number_that_only_the_summary_has_is_in_the_last_row(logs: Path, library: Library) -> None:
    rows = [history(0, acc=0.5), summary(acc=0.5, _step=0), history(1, acc=0.75), summary(acc=0.75, _step=1)]
    end = [summary(test__acc=0.7, acc=9.0, acc__max=0.75, text="x", _runtime=4), ENDED]
    write(logs, log([start(lr=0.1), *rows, *end]))
    run = the_run(library)
    (columns,) = library.columns([run], ["acc", "test/acc", "acc/max", "_runtime"])
    assert columns["acc"].tolist() == [0.5, 0.75]
    assert str(columns["test/acc"].tolist()) == "[nan, 0.7]"
    assert columns.keys() == {"acc", "test/acc"}
    assert run.rows == 2


def test_a_run_with_a_summary_alone_has_one_row(logs: Path, library: Library) -> None:
    write(logs, log([start(lr=0.1), summary(acc=0.5), summary(acc=0.75), ENDED]))
    run = the_run(library)
    assert (run.rows, run.last) == (1, {"acc": 0.75})


def test_a_summary_counts_once_the_run_has_ended_whatever_was_read_before(
    logs: Path, library: Library
) -> None:
    records = [start(lr=0.1), history(0, acc=0.5, loss=1.0), summary(acc=0.5), history(1, acc=0.75)]
    write(logs, log(records))
    assert the_run(library).rows == 2
    records.append(summary(best=0.75, loss=1.0))
    write(logs, log(records))
    assert "best" not in the_run(library).columns
    write(logs, log([*records, ENDED]))
    run = the_run(library)
    (columns,) = library.columns([run], ["loss", "best"])
    assert str(columns["loss"].tolist()) == "[1.0, nan]"
    assert str(columns["best"].tolist()) == "[nan, 0.75]"
