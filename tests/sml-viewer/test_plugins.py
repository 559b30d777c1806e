"""Readers and exports of another distribution, installed as pip installs it; one that fails stops nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sml_viewer.plugins import entry_points_of

pytestmark = pytest.mark.slow

DISTRIBUTION = Path(__file__).parent / "plugin_distribution"
BROKEN = """
class Reader:
    name = "broken"
    described_bytes = 100
    def claim(self, listing):
        if FAILS == "claim":
            raise RuntimeError("claim failed")
        return tuple(name for name in listing.files if name.endswith(".odd"))
    def groups(self, tables, *, own):
        if FAILS == "groups":
            raise RuntimeError("groups failed")
        from sml_viewer.model.sources import Group
        return (Group("", "", self.name, tables),)
    def read(self, file, status, name, layout, state):
        raise RuntimeError("read failed")
    def describe(self, folder, tables):
        raise RuntimeError("describe failed")
"""


@pytest.fixture
def viewer(tmp_path: Path, logs: Path):
    """The command in a process of its own, with further folders of distributions."""

    def run(
        *arguments: str, distributions: tuple[Path, ...] = (DISTRIBUTION,)
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, distributions))}
        command = [
            sys.executable,
            "-m",
            "sml_viewer",
            *arguments,
            "-d",
            str(logs),
            "-wks",
            str(tmp_path / "w"),
        ]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return run


def broken(folder: Path, code: str, group: str = "sml_viewer.readers", entry: str = "Reader") -> Path:
    """A distribution with one plugin."""
    information = folder / "broken_plugin-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{group}]\nbroken = broken_plugin:{entry}\n")
    (folder / "broken_plugin.py").write_text(code)
    return folder


def key_value_run(logs: Path) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "log.kv").write_text("# seed=1\nstep=1 return=0.5\nstep=2 return=2.5\nstep=3 ret")


@pytest.mark.slow
def test_a_reader_of_another_distribution_gives_rows_parameters_and_state(viewer, logs: Path) -> None:
    key_value_run(logs)
    (run,) = json.loads(viewer("list", "--json").stdout)
    assert (run["name"], run["reader"], run["rows"], run["state"]) == ("a", "keyvalue", 2, "finished")
    assert run["parameters"] == {"seed": 1}
    assert run["last"] == {"step": 2, "return": 2.5}
    assert run["notes"][0] == "opened as key-value logs (reader keyvalue)"
    with (logs / "a" / "log.kv").open("a") as file:
        file.write("urn=7\n")
    (run,) = json.loads(viewer("list", "--json").stdout)
    assert (run["rows"], run["last"]["return"]) == (3, 7)


def test_without_the_distribution_its_logs_are_no_runs(viewer, logs: Path) -> None:
    key_value_run(logs)
    result = viewer("list", distributions=())
    assert result.returncode == 2
    assert "no runs" in result.stderr


def test_an_export_of_another_distribution_writes_its_format(viewer, logs: Path, tmp_path: Path) -> None:
    key_value_run(logs)
    output = tmp_path / "scores.tsv"
    result = viewer("table", "-o", str(output), "--set", "TABLE_SCORE=best")
    assert result.returncode == 0, result.stderr
    assert output.read_text().startswith("algorithm\tmean\n")
    assert "2.5" in output.read_text()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError('no such library')", "the reader broken (broken_plugin:Reader) cannot be"),
        ("Reader = 3", "the reader broken (broken_plugin:Reader) cannot be loaded"),
        ("class Reader:\n    name = 'half'\n", "it has no claim, groups, read"),
        (
            "class Reader:\n    name = 'csv'\n    claim = groups = read = None\n",
            "there is a reader named 'csv'",
        ),
        (f"FAILS = 'claim'\n{BROKEN}", "the reader broken failed at "),
    ],
)
def test_a_reader_that_cannot_be_used_is_named_and_the_others_go_on(
    viewer, logs: Path, tmp_path: Path, code: str, said: str
) -> None:
    key_value_run(logs)
    result = viewer("list", distributions=(DISTRIBUTION, broken(tmp_path / "plugin", code)))
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[:4] == ["a", "finished", "2", "rows"]
    assert said in result.stderr + result.stdout


@pytest.mark.parametrize("fails", ["groups", "read"])
def test_a_reader_that_fails_at_a_table_is_named_at_its_run(
    viewer, logs: Path, tmp_path: Path, fails: str
) -> None:
    key_value_run(logs)
    (logs / "b").mkdir()
    (logs / "b" / "x.odd").write_text("?")
    plugin = broken(tmp_path / "plugin", f"FAILS = {fails!r}\n{BROKEN}")
    runs = json.loads(viewer("list", "--json", distributions=(DISTRIBUTION, plugin)).stdout)
    assert [run["name"] for run in runs] == ["a", "b"]
    assert runs[1]["rows"] == 0
    notes = "; ".join(runs[1]["notes"])
    assert "the reader broken failed at its parameters: RuntimeError('describe failed')" in notes
    assert "x.odd cannot be read by the reader broken: RuntimeError('read failed')" in notes


def test_an_export_that_fails_is_one_error_that_names_it(viewer, logs: Path, tmp_path: Path) -> None:
    key_value_run(logs)
    code = (
        "from sml_viewer.render.formats import TableFormat\n"
        "def write(tables):\n    raise RuntimeError('no paper')\n"
        "FORMAT = TableFormat('odd', 'text/odd', write)\n"
    )
    plugin = broken(tmp_path / "plugin", code, "sml_viewer.exports", "FORMAT")
    result = viewer("table", "-o", str(tmp_path / "x.odd"), distributions=(DISTRIBUTION, plugin))
    assert result.returncode == 2
    assert "the export broken failed: RuntimeError('no paper')" in result.stderr
    assert "Traceback" not in result.stderr


MANY_RUNS = """
from collections import Counter
from pathlib import Path
import numpy as np
from sml_viewer.readers.base import Description, Rows, RunInFile, TableData, TableState

class Reader:
    name, title, companions, endings = "many", "lines of runs", (), (".runs",)
    def claim(self, listing):
        return tuple(name for name in listing.files if name.endswith(".runs"))
    def state(self, path):
        status = Path(path).stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    def runs(self, path):
        return [RunInFile(line.split()[0], line.split()[0]) for line in Path(path).read_text().splitlines()]
    def read_run(self, path, run, state):
        if run == "bad":
            raise RuntimeError("out of order")
        value = dict(line.split() for line in Path(path).read_text().splitlines())[run]
        rows = Rows(1, {"value": np.array([float(value)])}, Counter())
        return TableData(TableState(*self.state(path)[:2]), pieces=(rows,))
    def describe_run(self, path, run):
        return Description({"label": run.upper()}, "finished")
"""


def test_a_plugin_may_read_files_of_many_runs_and_fail_at_one_of_them(
    viewer, tmp_path: Path, logs: Path
) -> None:
    (logs / "many.runs").write_text("a 1.5\nbad 2\nc 3.5\n")
    done = viewer("list", "--json", distributions=(broken(tmp_path / "plugin", MANY_RUNS),))
    first, bad, last = json.loads(done.stdout)
    assert (first["name"], first["last"], first["state"]) == ("a", {"value": 1.5}, "finished")
    assert (last["reader"], last["parameters"]) == ("many", {"label": "C"})
    assert any("cannot be read by the reader many" in note for note in bad["notes"])


def test_without_entry_points_of_others_a_chart_loads_neither_mail_nor_sockets_nor_archives(
    tmp_path: Path,
) -> None:
    for seed in range(2):
        folder = tmp_path / "logs" / f"run_{seed}"
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text("step,loss\n0,1\n1,0.5\n")
    code = (
        "import sys, sml_viewer\n"
        "before = set(sys.modules)\n"
        "sml_viewer.plot(sys.argv[1], workspace=sys.argv[2])\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "logs"), str(tmp_path / "w")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert "numpy" in loaded
    assert not {"importlib.metadata", "email", "socket", "zipfile", "difflib", "yaml", "pandas"} & {*loaded}


def test_entry_points_are_found_in_folders_and_in_archives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(tmp_path / "folder", "", group="made.up")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in sorted((tmp_path / "folder").rglob("*")):
            archive.write(path, str(path.relative_to(tmp_path / "folder")))
    for name in ("folder", "packed.zip"):
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(tmp_path / name))
            assert [entry.name for entry in entry_points_of("made.up")] == ["broken"], name
            assert entry_points_of("made.up.too") == []
    assert entry_points_of("made.up") == []
