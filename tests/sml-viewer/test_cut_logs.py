"""Logs of the real frameworks cut, written on or doubled: nothing raises, nothing is invented or lost."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Timer

import numpy as np
import pytest

from sml_viewer.arrays import Floats
from sml_viewer.discovery import discover
from sml_viewer.index.table_parser import ParseResult, ParseTask, parse_table
from sml_viewer.library import Library
from sml_viewer.readers.base import TableState
from sml_viewer.readers.points import TIME
from sml_viewer.readers.registry import groups_of, registry

from ..framework_logs import FOLDER, unpacked

pytestmark = pytest.mark.slow

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
# The readers whose format no framework of ours writes: tables of runs have tests of their own.
_WITHOUT_LOG = {"long_table", "runs_table"}
# Larger files are cut at so many places.
_CUTS = 400
# Each file is rearranged so often.
_REARRANGED = 40
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
# Texts such as `inf` and `True` are numbers, too.
_ODD = (float("inf"), float("-inf"), 0.0, 1.0)


def tasks_of(root: Path) -> Iterator[ParseTask]:
    """The tables of all runs, as if they had never been read."""
    for run in discover(root).runs:
        for group in groups_of(run):
            for name in group.files:
                path = f"{run.path}/{name}"
                yield ParseTask(1, 1, path, name, group.prefix, TableState(), group.layout, run.run_in_file)


def cuts_of(size: int) -> list[int]:
    return sorted({*range(0, size, max(1, size // _CUTS)), *range(max(0, size - 20), size)})


def rows_of(*results: ParseResult) -> tuple[int, dict[str, Floats]]:
    """The rows of one read and of those that went on from it; without blank columns."""
    pieces = [piece for result in results for piece in result.pieces]
    names = {name for piece in pieces for name in piece.columns}
    columns = {
        name: np.concatenate([piece.columns.get(name, np.full(piece.count, np.nan)) for piece in pieces])
        for name in names
    }
    return sum(piece.count for piece in pieces), columns


def numbers_in(values: Floats) -> Counter[float]:
    return Counter(values[~np.isnan(values)].tolist())


@pytest.mark.parametrize("name", NAMES)
def test_a_log_cut_anywhere_has_rows_of_the_whole_one_and_is_followed_to_its_end(
    name: str, tmp_path: Path
) -> None:
    for task in tasks_of(unpacked(name, tmp_path)):
        path = Path(task.path)
        content = path.read_bytes()
        whole = parse_table(task)
        count, columns = rows_of(whole)
        assert whole.error is None
        for length in cuts_of(len(content)):
            where = f"{task.name} cut at {length}"
            os.truncate(path, length)
            cut = parse_table(task)
            assert rows_of(cut)[0] <= count
            for column, values in rows_of(cut)[1].items():
                # The time of a row is that of its last number, which may have been cut off.
                assert column == TIME or numbers_in(values) <= numbers_in(columns[column]), where
            with path.open("ab") as file:
                file.write(content[length:])
            # No program writes half a page of a database: one that was half copied is read again.
            state = TableState() if task.run_in_file is not None else cut.state
            on = parse_table(task._replace(state=state))
            after_count, after = rows_of(cut, on) if on.appended else rows_of(on)
            assert (after_count, on.error, sorted(after)) == (count, None, sorted(columns)), where
            for column, values in after.items():
                np.testing.assert_array_equal(values, columns[column], f"{where}: {column}")


def test_every_reader_has_a_log_of_a_real_framework_that_is_cut(tmp_path: Path) -> None:
    used = set()
    for name in NAMES:
        for run in discover(unpacked(name, tmp_path)).runs:
            used |= {run.reader or "csv", *(reader for reader, _ in run.further)}
    known = {reader.name for reader in (*registry().readers, *registry().of_many_runs)}
    assert used >= known - _WITHOUT_LOG


def pieces_of(name: str, content: bytes) -> list[bytes]:
    """A text by its lines, anything else in pieces of a few bytes to some hundreds."""
    if b"\0" not in content and not name.endswith((".npz", ".wandb")):
        return content.splitlines(keepends=True)
    size = max(7, len(content) // 60)
    return [content[place : place + size] for place in range(0, len(content), size)]


def rearranged(pieces: list[bytes], random: Random) -> bytes:
    """Some pieces doubled, exchanged, moved, or left out."""
    pieces = list(pieces)
    for _ in range(random.randint(1, 4)):
        if not pieces:
            break
        first, second = random.randrange(len(pieces)), random.randrange(len(pieces))
        way = random.randrange(4)
        if way == 0:
            pieces.insert(second, pieces[first])
        elif way == 1:
            pieces[first], pieces[second] = pieces[second], pieces[first]
        elif way == 2:
            pieces = [*pieces, *pieces[first : first + 5]]
        else:
            del pieces[first]
    return b"".join(pieces)


@pytest.mark.parametrize("name", NAMES)
def test_a_log_doubled_or_in_another_order_gives_numbers_of_its_own_or_a_reason(
    name: str, tmp_path: Path
) -> None:
    random = Random(name)
    for task in tasks_of(unpacked(name, tmp_path)):
        path = Path(task.path)
        content = path.read_bytes()
        known = {*_ODD}
        for values in rows_of(parse_table(task))[1].values():
            known |= {*values.tolist()}
        known |= {float(word) for word in _NUMBER.findall(content.decode("latin-1"))}
        pieces = pieces_of(task.name, content)
        for _ in range(_REARRANGED):
            path.write_bytes(rearranged(pieces, random))
            parsed = parse_table(task)
            for column, values in rows_of(parsed)[1].items():
                assert column == TIME or {*values[~np.isnan(values)].tolist()} <= known, (task.name, column)
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sacred_files", "sacred/1/metrics.json"),
        ("transformers_trainer", "trainer_state.json"),
        ("sb3", "evaluations.npz"),
    ],
)
@pytest.mark.parametrize("kept", [0, 100])
def test_a_file_that_is_just_being_written_anew_loses_no_row(
    name: str, file: str, kept: int, tmp_path: Path
) -> None:
    logs = unpacked(name, tmp_path)
    path = logs / file
    content = path.read_bytes()
    with Library([logs], tmp_path / "workspace") as library:
        library.refresh()
        before = {run.name: dict(run.summary) for run in library.runs()}
        path.write_bytes(content[:kept])
        writer = Timer(0.03, path.write_bytes, [content])
        writer.start()
        library.refresh_known()
        assert {run.name: dict(run.summary) for run in library.runs()} == before
        writer.join()
