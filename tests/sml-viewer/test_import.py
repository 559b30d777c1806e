"""`sml-viewer import`: runs of other tools become run folders that read back equal, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sml_viewer.annotations import Annotations, Change
from sml_viewer.cli.main import main
from sml_viewer.importing.content import Table, number_text
from sml_viewer.importing.folder import targets_of
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.readers.text_tables.cells import number

from ..framework_logs import FOLDER, unpacked

pytestmark = pytest.mark.slow

NAMES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
FIELDS = (
    *("id", "parameters", "state", "rows", "axes", "varied", "defaults", "provenance", "facts"),
    *("settings", "labels", "note"),
)

Import = Callable[..., int]


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "imported"


@pytest.fixture
def run_import(to: Path, workspace: Path) -> Import:
    """`run_import(SRC, "--dry-run")`: the exit status."""

    def call(*words: Path | str) -> int:
        return main(["import", *map(str, words), "--to", str(to), "-wks", str(workspace)])

    return call


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with one run, `a/s1`, of two rows."""
    folder = tmp_path / "source"
    write(folder / "a" / "s1", "step,loss\n1,0.5\n2,0.25\n", {"lr": 0.1})
    return folder


def write(folder: Path, table: str, parameters: dict[str, object] | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "progress.csv").write_text(table)
    if parameters is not None:
        (folder / "params.json").write_text(json.dumps(parameters))


def files_below(folder: Path) -> dict[str, bytes]:
    """The content of all files but temporary ones."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".sml-tmp-" not in str(path.relative_to(folder))
    }


def content(folder: Path, workspace: Path) -> list[tuple[object, ...]]:
    """What the viewer reads of each run: fields, tables with their columns, and all numbers as bytes."""
    with Library([folder], workspace) as library:
        library.refresh()
        return sorted(
            ((*(getattr(run, name) for name in FIELDS), _tables(library, run)) for run in library.runs()),
            key=lambda told: str(told[0]),
        )


def _tables(library: Library, run: Run) -> list[tuple[object, ...]]:
    names = [*run.summary, *(name for source in run.sources for name in source.hidden)]
    (columns,) = library.columns([run], names)
    values = {name: columns[name].tobytes() for name in names}
    sources = run.sources or (None,)
    return sorted(
        (
            source.name if source else "",
            source.rows if source else run.rows,
            sorted((name, values[name]) for name in names if source is None or source.has(name)),
            [] if source is None else sorted((name, source.local(name)) for name in source.columns),
        )
        for source in sources
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_imported_run_reads_back_equal(
    name: str, tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = unpacked(name, tmp_path)
    assert run_import(folder) == 0
    before = content(folder, workspace)
    assert before != []
    assert content(to, workspace) == before


@pytest.mark.parametrize("name", NAMES)
def test_every_imported_run_says_its_source_and_is_not_written_again(
    name: str, tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = unpacked(name, tmp_path)
    assert run_import(folder) == 0
    with Library([folder], workspace) as library:
        library.refresh()
        sources = {(run.name, run.reader or "csv") for run in library.runs()}
    records = [json.loads(path.read_text())["imported_from"] for path in to.rglob("run_config.json")]
    assert {record["reader"] for record in records} == {reader for _, reader in sources}
    assert len(records) == len(sources)
    assert all(Path(record["path"]).is_relative_to(folder) for record in records)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in to.rglob("*") if path.is_file()}
    assert run_import(folder) == 0
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in before} == before
    tables = [*to.rglob("progress.csv")]
    for table in tables:
        table.write_text(table.read_text() + "\n")
    changed = files_below(to)
    # Nothing of the source is new, so nothing is replaced, whatever was done to the copies.
    run_import(folder)
    assert files_below(to) == changed


def test_tables_that_each_have_their_own_axis_keep_it(
    tmp_path: Path, source: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = source / "pair"
    folder.mkdir()
    (folder / "train.csv").write_text("step,reward\n10,1\n20,2\n30,3\n")
    (folder / "eval.csv").write_text("step,reward\n15,5\n25,6\n")
    assert run_import(folder) == 0
    with Library([to], workspace) as library:
        library.refresh()
        (run,) = library.runs()
        columns = library.columns([run], ["train/step", "train/reward", "eval/step", "eval/reward"])[0]
        assert {name: values.tolist() for name, values in columns.items()} == {
            "train/step": [10, 20, 30],
            "train/reward": [1, 2, 3],
            "eval/step": [15, 25],
            "eval/reward": [5, 6],
        }
        assert run.beside("step", "eval/reward") == "eval/step"
        assert run.beside("step", "train/reward") == "train/step"


def test_tables_with_equal_columns_stay_one_run(
    tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = tmp_path / "run"
    write(folder, "step,loss\n1,2\n2,1\n")
    (folder / "progress_eval.csv").write_text("step,loss\n1,3\n2,4\n")
    assert run_import(folder) == 0
    assert content(to, workspace) == content(folder, workspace)
    assert len(content(to, workspace)) == 1


@given(st.floats())
def test_every_number_is_written_so_that_it_reads_back_equal(value: float) -> None:
    text = number_text(value)
    if math.isnan(value):
        assert text == ""
    else:
        assert np.float64(number(text)).tobytes() == np.float64(value).tobytes()


def _bits(values: NDArray[np.float64]) -> bytes:
    """The bytes of float64 numbers, with one kind of NaN."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


@settings(max_examples=60, deadline=None)
@example(columns={" ": [0.0, math.nan, 0.0]})
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8),
        st.lists(st.floats() | st.just(math.nan), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_a_table_of_any_floats_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    (folder / "config").mkdir()
    (folder / "config" / "run_config.json").write_text("{}")
    arrays = {name: np.array(values) for name, values in columns.items()}
    (folder / "progress.csv").write_text("".join(Table("progress.csv", arrays).parts()), newline="")
    with Library([folder], folder / "workspace") as library:
        library.refresh()
        (run,) = library.runs()
        (read,) = library.columns([run], list(run.summary))
        assert {name: _bits(values) for name, values in read.items()} == {
            name: _bits(values) for name, values in arrays.items() if not np.isnan(values).all()
        }
        assert run.rows == 3


def test_text_columns_are_told_as_left_out(
    tmp_path: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "s", "step,loss,phase\n1,2,warm\n2,,cold\n")
    assert run_import(tmp_path / "s") == 0
    assert (to / "s" / "progress.csv").read_text() == "step,loss\n1,2\n2,\n"
    assert "phase" in capsys.readouterr().out


def test_provenance_says_where_a_run_is_from(source: Path, to: Path, run_import: Import) -> None:
    run_import(source)
    told = json.loads((to / "a" / "s1" / "config" / "run_config.json").read_text())["imported_from"]
    assert told["path"] == str(source / "a" / "s1")
    assert told["reader"] == "csv"
    assert set(told) >= {"time", "version"}


def test_parameters_are_nested_as_written_and_secrets_masked(
    tmp_path: Path, to: Path, run_import: Import
) -> None:
    write(tmp_path / "s", "step,loss\n1,2\n", {"net": {"layers": [64, 64]}, "api_key": "abc123secret"})
    run_import(tmp_path / "s")
    assert json.loads((to / "s" / "config" / "parameter.json").read_text()) == {
        "net": {"layers": [64, 64]},
        "api_key": "<redacted>",
    }
    assert not any(b"abc123secret" in data for data in files_below(to).values())


def test_a_state_is_only_written_where_the_tool_recorded_one(
    source: Path, to: Path, run_import: Import
) -> None:
    run_import(source)
    assert not (to / "a" / "s1" / "config" / "status.json").exists()


def test_tags_and_notes_of_the_page_come_along(
    source: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    with Library([source], workspace) as library:
        library.refresh()
        (run,) = library.runs()
        library.annotations[0].change([Change((run.id,), ("paper",), note="good")])
    run_import(source)
    annotation = Annotations(workspace, to).all()[run.id]
    assert (annotation.tags, annotation.note) == (("paper",), "good")


def test_a_dry_run_writes_nothing(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_import(source, "--dry-run") == 0
    assert not to.exists()
    assert "imported   a/s1 -> a/s1  (2 rows)" in capsys.readouterr().out


def test_a_second_call_changes_nothing(source: Path, to: Path, run_import: Import) -> None:
    run_import(source)
    before = {path: path.stat().st_mtime_ns for path in (to / "a").rglob("*")}
    assert run_import(source) == 0
    assert {path: path.stat().st_mtime_ns for path in (to / "a").rglob("*")} == before


def test_a_second_call_brings_what_is_new_and_what_has_grown(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    write(source / "a" / "s1", "step,loss\n1,0.5\n2,0.25\n3,0.125\n", {"lr": 0.1})
    write(source / "a" / "s2", "step,loss\n1,7\n", {"lr": 0.2})
    capsys.readouterr()
    assert run_import(source) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "replaced   a/s1 -> a/s1  (2 -> 3 rows)",
        "imported   a/s2 -> a/s2  (1 rows)",
    ]
    assert (to / "a" / "s1" / "progress.csv").read_text() == "step,loss\n1,0.5\n2,0.25\n3,0.125\n"
    assert sorted(path.name for path in (to / "a").iterdir()) == ["s1", "s2"]


def test_a_new_metric_before_the_others_is_no_loss_of_rows(
    tmp_path: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = unpacked("mlflow_files", tmp_path)
    assert run_import(folder) == 0
    assert "(6 rows)" in capsys.readouterr().out
    for metrics in folder.glob("mlruns/*/*/metrics"):
        (metrics / "accuracy").write_text("1700000000000 0.5 0\n")
    assert run_import(folder) == 0
    assert "2 replaced" in capsys.readouterr().out
    assert not to.with_name("imported_bk").exists()


def test_an_import_whose_rows_the_source_no_longer_has_is_kept(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    before = files_below(to / "a" / "s1")
    write(source / "a" / "s1", "step,loss\n1,9\n2,8\n3,7\n")
    assert run_import(source) == 0
    (kept,) = (to.with_name("imported_bk") / "a").iterdir()
    assert files_below(kept) == before
    assert str(kept) in capsys.readouterr().out


def test_a_source_that_lost_rows_replaces_nothing(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    before = files_below(to)
    write(source / "a" / "s1", "step,loss\n1,0.5\n", {"lr": 0.1})
    assert run_import(source) == 1
    assert files_below(to) == before
    assert "1 rows now, its import 2" in capsys.readouterr().out


@pytest.mark.parametrize("file", ["progress.csv", "config/parameter.json", "notes.txt"])
def test_an_import_that_somebody_changed_is_not_replaced(
    file: str, source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    with (to / "a" / "s1" / file).open("a") as opened:
        opened.write("\n")
    before = files_below(to)
    write(source / "a" / "s1", "step,loss\n1,0.5\n2,0.25\n3,0.125\n", {"lr": 0.1})
    assert run_import(source) == 1
    assert files_below(to) == before
    assert f"changed since its import ({file}); move it away" in capsys.readouterr().out


def test_a_folder_that_no_import_wrote_is_refused_and_the_others_are_imported(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    write(source / "b", "step,loss\n1,7\n")
    write(to / "a" / "s1", "step,loss\n1,1\n")
    before = files_below(to)
    assert run_import(source) == 1
    assert files_below(to / "a") == {name[2:]: data for name, data in before.items()}
    out = capsys.readouterr().out
    assert "refused    a/s1:" in out
    assert "was not written by an import; move it away or choose another --to" in out
    assert (to / "b" / "progress.csv").exists()


def test_runs_of_two_sources_with_one_name_are_not_mixed(
    source: Path, tmp_path: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "other" / "a" / "s1", "step,loss\n1,1\n")
    assert run_import(source) == 0
    before = files_below(to)
    assert run_import(tmp_path / "other") == 1
    assert files_below(to) == before
    assert f"is the import of {source / 'a' / 's1'}" in capsys.readouterr().out


def test_runs_below_the_target_are_no_source(source: Path, to: Path, run_import: Import) -> None:
    run_import(source)
    before = files_below(to)
    assert run_import(to.parent / "source", to) == 0
    assert files_below(to) == before


def test_a_link_in_the_target_leads_no_run_out(
    source: Path, tmp_path: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    to.mkdir()
    (to / "a").symlink_to(outside)
    assert run_import(source) == 1
    assert list(outside.iterdir()) == []
    assert "through a link" in capsys.readouterr().out


HOSTILE = [
    "../../up",
    "/etc/x",
    "..",
    ".",
    "a/../../b",
    "~/x",
    "con",
    "x" * 300,
    "\x1b[31m",
    "a\nb",
    " ",
    "a\\..\\b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_run_leads_out_of_the_target(name: str, tmp_path: Path) -> None:
    for folder in targets_of(tmp_path, name, {name}):
        assert tmp_path in Path(os.path.normpath(folder)).parents
        assert all(len(part.encode()) < 255 and part.isprintable() for part in folder.parts)


def test_hostile_names_in_a_database_stay_inside(tmp_path: Path, to: Path, run_import: Import) -> None:
    folder = unpacked("trackio_sqlite", tmp_path)
    (database,) = folder.rglob("*.db")
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            if "run_name" in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                connection.execute(f"UPDATE {table} SET run_name = '../../../escaped'")  # noqa: S608
    connection.close()
    everything = {path for path in tmp_path.parent.rglob("*escaped*") if to not in path.parents}
    assert run_import(folder) == 0
    assert {path for path in tmp_path.parent.rglob("*escaped*") if to not in path.parents} == everything
    (table,) = to.rglob("progress.csv")
    assert to in Path(os.path.realpath(table)).parents


def test_a_run_inside_another_ones_folder_becomes_its_neighbour(tmp_path: Path) -> None:
    folder = tmp_path / "x" / "a__b__c"
    assert targets_of(tmp_path, "x/a/b/c", {"x/a", "x/a/b/c"}) == (folder, folder)


def imported_names(to: Path) -> list[str]:
    return sorted(path.parent.relative_to(to).as_posix() for path in to.rglob("progress.csv"))


def test_a_name_with_spaces_becomes_a_readable_folder(tmp_path: Path, to: Path, run_import: Import) -> None:
    write(tmp_path / "source" / "my group" / "run one (best)", "step,loss\n1,0.5\n")
    assert run_import(tmp_path / "source") == 0
    assert imported_names(to) == ["my_group/run_one__best_"]


def test_names_that_are_equal_without_their_spaces_stay_apart(
    tmp_path: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["a b", "a_b", "a:b"]
    for index, name in enumerate(names):
        write(tmp_path / "source" / name, f"step,loss\n1,{index}.5\n")
    assert run_import(tmp_path / "source") == 0
    first = imported_names(to)
    assert len(first) == 3
    assert (to / "a_b" / "progress.csv").read_text().endswith("1,1.5\n")
    assert run_import(tmp_path / "source") == 0
    assert imported_names(to) == first
    assert "3 unchanged" in capsys.readouterr().out


def test_a_later_run_whose_readable_name_is_taken_gets_a_hash(
    tmp_path: Path, to: Path, run_import: Import
) -> None:
    write(tmp_path / "source" / "a b", "step,loss\n1,0.5\n")
    assert run_import(tmp_path / "source") == 0
    write(tmp_path / "source" / "a\tb", "step,loss\n1,1.5\n")
    assert run_import(tmp_path / "source") == 0
    assert (to / "a_b" / "progress.csv").read_text().endswith("1,0.5\n")
    assert len(imported_names(to)) == 2


def test_an_import_that_has_a_hash_from_an_earlier_version_keeps_it(
    tmp_path: Path, to: Path, run_import: Import
) -> None:
    write(tmp_path / "source" / "a b", "step,loss\n1,0.5\n")
    assert run_import(tmp_path / "source") == 0
    (to / "a_b").rename(targets_of(to, "a b", set()).distinct)
    assert run_import(tmp_path / "source") == 0
    assert imported_names(to) == [targets_of(to, "a b", set()).distinct.name]


def test_an_import_into_a_run_folder_is_refused(
    source: Path, to: Path, workspace: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    inner = to / "a" / "s1"
    assert main(["import", str(source), "--to", str(inner), "-wks", str(workspace)]) == 2
    assert "is a run folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_import_leaves_whole_runs_and_the_next_one_finishes(
    tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = tmp_path / "many"
    _write_many(folder, rows=2000)
    counts = []
    for runs_before_the_kill in (1, 8, 20):
        _kill_import(folder, to, workspace, lambda n=runs_before_the_kill: len(_imported(to)) >= n)
        counts.append(len(_imported(to)))
        for path in _imported(to):
            _assert_whole(path)
    assert counts[0] < 40  # it was killed in the middle
    assert run_import(folder) == 0
    assert content(to, workspace) == content(folder, workspace)
    assert [path.name for path in to.glob(".sml-tmp-import-*") if path.is_dir()] == []


@pytest.mark.slow
def test_a_killed_import_of_grown_runs_leaves_each_in_its_old_or_its_new_form(
    tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = tmp_path / "many"
    _write_many(folder, rows=2000)
    assert run_import(folder) == 0
    _write_many(folder, rows=2100)

    size = (to / "s0" / "progress.csv").stat().st_size
    _kill_import(folder, to, workspace, lambda: (to / "s12" / "progress.csv").stat().st_size > size)
    lines = {len((path / "progress.csv").read_text().splitlines()) for path in _imported(to)}
    assert lines <= {2001, 2101}
    for name in (f"s{number_of_run}" for number_of_run in range(40)):
        _assert_whole(to / name if (to / name).is_dir() else to / f".sml-tmp-import-old-{name}")
    assert run_import(folder) == 0
    assert content(to, workspace) == content(folder, workspace)


def _write_many(folder: Path, rows: int) -> None:
    for number_of_run in range(40):
        text = "".join(f"{step},{step / 7}\n" for step in range(rows))
        write(folder / f"s{number_of_run}", f"step,loss\n{text}", {"seed": number_of_run})


def _kill_import(folder: Path, to: Path, workspace: Path, is_time: Callable[[], bool]) -> None:
    """Start an import in a process of its own, and kill it when it is time."""
    words = [str(folder), "--to", str(to), "-wks", str(workspace)]
    command = [sys.executable, "-m", "sml_viewer", "import", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (to.is_dir() and _exists_and(is_time)):
        time.sleep(0.001)
    process.kill()
    process.wait()


def _exists_and(is_time: Callable[[], bool]) -> bool:
    try:
        return is_time()
    except FileNotFoundError:  # just being replaced
        return False


def _assert_whole(folder: Path) -> None:
    """All files of an imported run are there, as they were written."""
    record = json.loads((folder / "config" / "imported.json").read_text())
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files_below(folder).items()}
    hashes.pop("config/imported.json")
    assert hashes == record["files"]


def test_a_kill_between_putting_aside_and_renaming_is_undone(
    source: Path, to: Path, run_import: Import
) -> None:
    run_import(source)
    before = files_below(to / "a" / "s1")
    (to / "a" / "s1").rename(to / "a" / ".sml-tmp-import-old-s1")
    (to / "a" / ".sml-tmp-import-new-s1").mkdir()
    assert run_import(source) == 0
    assert files_below(to / "a" / "s1") == before
    assert [path.name for path in (to / "a").iterdir()] == ["s1"]


def _imported(to: Path) -> list[Path]:
    return [path for path in to.glob("s*") if path.is_dir()] if to.is_dir() else []


def test_a_run_of_our_own_keeps_its_id_start_host_and_state(
    tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = tmp_path / "own" / "s1"
    (folder / "config").mkdir(parents=True)
    write(folder, "step,loss\n1,2\n")
    told = {"run_id": "abc", "start_time": "2026-01-02T03:04:05+00:00", "host": "lab1", "commit_id": "f" * 40}
    (folder / "config" / "run_config.json").write_text(
        json.dumps({**told, "parameter_defaults": {"lr": 0.1}})
    )
    (folder / "config" / "status.json").write_text('{"state": "failed", "error": "ValueError: nan"}')
    assert run_import(tmp_path / "own") == 0
    written = json.loads((to / "s1" / "config" / "run_config.json").read_text())
    assert {name: written[name] for name in told} == told
    assert content(to, workspace) == content(tmp_path / "own", workspace)
    assert json.loads((to / "s1" / "config" / "status.json").read_text())["error"] == "ValueError: nan"


def test_monitors_of_several_environments_stay_episodes(
    tmp_path: Path, to: Path, workspace: Path, run_import: Import
) -> None:
    folder = tmp_path / "ppo"
    folder.mkdir()
    for environment, rows in enumerate(("1,10,0.5\n3,12,2.5\n", "2,11,1.5\n")):
        head = '#{"t_start": 100.0, "env_id": "CartPole-v1"}\nr,l,t\n'
        (folder / f"{environment}.monitor.csv").write_text(head + rows)
    assert run_import(folder) == 0
    with Library([to], workspace) as library:
        library.refresh()
        (run,) = library.runs()
        assert run.monitors is not None
        assert run.facts["env_id"] == "CartPole-v1"
        assert library.columns([run], ["r"])[0]["r"].tolist() == [1, 2, 3]


def test_a_damaged_record_of_an_import_is_no_import(
    source: Path, to: Path, run_import: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(source)
    record = to / "a" / "s1" / "config" / "imported.json"
    for text in (
        "",
        "[]",
        "{}",
        json.dumps({**json.loads(record.read_text()), "tables": {"progress.csv": 1}}),
    ):
        record.write_text(text)
        assert run_import(source) == 1
        assert "was not written by an import" in capsys.readouterr().out


def test_tags_of_mlflow_come_along_and_a_new_tag_is_brought_by_the_next_import(
    run_import: Import, to: Path, tmp_path: Path, workspace: Path
) -> None:
    run = tmp_path / "mlruns" / "0" / ("a" * 32)
    for name, text in {
        "meta.yaml": f"run_id: {'a' * 32}\nrun_name: first\nstatus: 3\n",
        "metrics/loss": "1700000000000 0.5 1\n1700000001000 0.25 2\n",
        "tags/dataset": "cifar10",
    }.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    assert run_import(tmp_path / "mlruns") == 0
    assert _tags(to, workspace) == {"tags.dataset": "cifar10"}
    (run / "tags" / "team").write_text("vision")
    assert run_import(tmp_path / "mlruns") == 0
    assert _tags(to, workspace) == {"tags.dataset": "cifar10", "tags.team": "vision"}


def _tags(folder: Path, workspace: Path) -> dict[str, str]:
    with Library([folder], workspace) as library:
        library.refresh()
        (run,) = library.runs()
        return dict(run.settings)
