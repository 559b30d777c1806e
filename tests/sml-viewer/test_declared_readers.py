"""Readers that users declare: tables by a glob, text logs by patterns, in bounded time, and a preview."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.columns.choose import choose_pair
from sml_viewer.index.pool import Indexers
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.readers.declared.formats import VARIABLE, WORKSPACE_VARIABLE
from sml_viewer.readers.declared.matcher import MATCHER, Matcher, SlowPatternError
from sml_viewer.readers.registry import use_declared_readers

NANOGPT = r"""
readers:
  nanogpt:
    files: "records/**/*.txt"
    pattern: 'step:(?P<step>\d+)/\d+ val_loss:(?P<val_loss>[\d.]+)'
"""
SLOW = "(?P<x>(a+)+)$"


@pytest.fixture(autouse=True)
def _as_before(tmp_path: Path) -> Iterator[None]:
    yield
    for variable in (VARIABLE, WORKSPACE_VARIABLE):
        os.environ.pop(variable, None)
    use_declared_readers(tmp_path / "none")
    os.environ.pop(WORKSPACE_VARIABLE, None)
    MATCHER.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "declared-workspace"


def opened(logs: Path, workspace: Path, declarations: str) -> Library:
    workspace.mkdir(exist_ok=True)
    (workspace / "readers.yaml").write_text(declarations)
    library = Library([logs], workspace)
    library.refresh()
    return library


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def column(library: Library, run: Run, name: str) -> list[float]:
    (columns,) = library.columns([run], [name])
    return columns[name].tolist()


def log(steps: int, scale: float = 1.0) -> str:
    lines = [
        f"step:{step}/100 val_loss:{scale / (step + 1):.4f} train_time:{step}ms" for step in range(steps)
    ]
    return "import torch\n" + "\n".join([*lines, ""])


def test_a_text_log_is_a_run_by_its_pattern_each_file_one(logs: Path, workspace: Path) -> None:
    write(logs / "records" / "short" / "a.txt", log(3))
    write(logs / "records" / "short" / "b.txt", log(4, 2))
    write(logs / "other" / "a.txt", log(3))
    with opened(logs, workspace, NANOGPT) as library:
        first, second = library.runs()
        assert [run.name for run in (first, second)] == ["records/short/a", "records/short/b"]
        assert (first.reader, first.rows) == ("nanogpt", 3)
        assert column(library, first, "val_loss") == [1.0, 0.5, 0.3333]
        assert column(library, second, "step") == [0, 1, 2, 3]


def test_a_text_log_grows_line_by_line(logs: Path, workspace: Path) -> None:
    path = write(logs / "records" / "a.txt", log(2) + "step:2/100 val_lo")
    with opened(logs, workspace, NANOGPT) as library:
        (run,) = library.runs()
        assert run.rows == 2
        with path.open("a") as file:
            file.write("ss:0.25\n")
        library.refresh_known()
        (run,) = library.runs()
        assert column(library, run, "val_loss") == [1.0, 0.5, 0.25]
        path.write_text(log(1))
        library.refresh_known()
        (run,) = library.runs()
        assert column(library, run, "val_loss") == [1.0]


def test_several_patterns_make_rows_in_the_order_of_the_lines(logs: Path, workspace: Path) -> None:
    write(logs / "a" / "out.log", "epoch 1\n train loss=0.5\n eval acc=0.1\nepoch 2\n train loss=nan\n")
    declared = r"""
readers:
  mine:
    files: out.log
    pattern: ['epoch (?P<epoch>\d+)', 'loss=(?P<loss>\S+)', 'acc=(?P<acc>\S+)']
"""
    with opened(logs, workspace, declared) as library:
        (run,) = library.runs()
        assert str(column(library, run, "loss")) == "[nan, 0.5, nan, nan, nan]"
        assert str(column(library, run, "epoch")) == "[1.0, nan, nan, 2.0, nan]"


def test_a_table_without_a_step_word_opens_with_its_x_its_parameters_and_without_columns(
    logs: Path, workspace: Path
) -> None:
    for seed in (1, 2):
        write(logs / f"s{seed}" / "scores.csv", "tokens,secret,score\n1000,7,0.1\n2000,8,0.2\n")
        write(logs / f"s{seed}" / "setup.json", f'{{"lr": 0.1, "seed": {seed}}}')
    declared = """
readers:
  scores:
    files: "*/scores.csv"
    x: tokens
    parameters: setup.json
    leave_out: [secret]
"""
    with opened(logs, workspace, declared) as library:
        first, second = library.runs()
        assert first.columns == ("tokens", "score")
        assert second.parameters == {"lr": 0.1, "seed": 2}
        assert choose_pair(library, library.runs())[:2] == ("tokens", "score")


def test_a_changed_declaration_is_read_anew(logs: Path, workspace: Path) -> None:
    write(logs / "records" / "a.txt", log(3))
    with opened(logs, workspace, NANOGPT):
        pass
    with opened(logs, workspace, NANOGPT.replace("val_loss:(", "val_loss:0?(")) as library:
        assert column(library, library.runs()[0], "val_loss") == [1.0, 0.5, 0.3333]
    with opened(logs, workspace, NANOGPT.replace("P<val_loss>", "P<other>")) as library:
        assert library.runs()[0].columns == ("step", "other")


def test_an_indexer_that_runs_notices_a_declaration_that_comes_changes_or_goes(
    logs: Path, workspace: Path
) -> None:
    write(logs / "records" / "a.txt", log(3))
    workspace.mkdir()
    with Library([logs], workspace) as library, closing(Indexers([logs], workspace)) as indexers:
        library.feed()
        for declarations, columns in (
            (NANOGPT, {"step", "val_loss"}),
            (NANOGPT.replace("?P<val_loss>", "?P<loss>"), {"step", "loss"}),
            ("", None),
        ):
            (workspace / "readers.yaml").write_text(declarations)
            end = time.monotonic() + 60
            while time.monotonic() < end:
                indexers.request_scan()
                runs = library.runs()
                if [{*run.columns} for run in runs] == ([] if columns is None else [columns]):
                    break
                time.sleep(0.2)
            else:
                pytest.fail(f"the declaration was not noticed: {[run.columns for run in library.runs()]}")


def test_faults_of_declarations_are_told_with_file_reader_and_remedy(logs: Path, workspace: Path) -> None:
    write(logs / "records" / "a.txt", log(1))
    declared = """
readers:
  one: {files: "*.txt", pattern: "(", colour: red}
  two: {pattern: "(?P<a>b)", format: xml}
  csv: {files: "*.txt", format: csv}
"""
    workspace.mkdir()
    (workspace / "readers.yaml").write_text(declared)
    with Library([logs], workspace) as library:
        notes = "\n".join(library.refresh()[0].notes)
    for text in (
        "reader one: invalid pattern '('",
        "reader one: unknown key 'colour'; expected one of files, format, pattern",
        "reader two: files: expected a glob",
        "reader two: invalid format 'xml'; expected one of text, csv, tsv, jsonl",
        "the declared reader csv has the name of a built-in one; rename it",
    ):
        assert text in notes


def test_a_pattern_that_backtracks_without_end_is_given_up_and_told(logs: Path, workspace: Path) -> None:
    for number in range(3):
        write(logs / "records" / f"{number}.txt", "a" * 60 + "!\n")
    started = time.monotonic()
    with opened(logs, workspace, NANOGPT.partition("pattern")[0] + f"pattern: '{SLOW}'\n") as library:
        runs = library.runs()
    assert time.monotonic() - started < 30
    assert len(runs) == 3
    assert all(any("took longer than 3 s and is not used" in note for note in run.notes) for run in runs)


def test_a_slow_pattern_spoils_no_other() -> None:
    matcher = Matcher()
    try:
        with pytest.raises(SlowPatternError):
            matcher.matches((SLOW,), ["a" * 60 + "!"])
        assert matcher.matches((r"(?P<n>\d)",), ["x1", "y"]) == [(("n",), [(0, ("1",))])]
    finally:
        matcher.close()


def test_the_preview_shows_rows_and_the_declaration_to_copy(
    logs: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(logs / "a.txt", log(3))
    pattern = r"step:(?P<step>\d+)/\d+ val_loss:(?P<val_loss>[\d.]+)"
    assert main(["try-reader", str(path), "--pattern", pattern, "-wks", str(workspace)]) == 0
    shown = capsys.readouterr().out
    assert "3 rows, 2 columns: step, val_loss" in shown
    assert "0.3333" in shown
    (workspace).mkdir()
    (workspace / "readers.yaml").write_text(shown[shown.index("readers:") :])
    use_declared_readers(workspace)
    assert main(["try-reader", str(path), "-wks", str(workspace)]) == 0
    assert "reader my-format" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "content", "text"),
    [
        (["--pattern", "(?P<a>zzz)"], "step 1\n", "no rows: no line matches"),
        (["--pattern", r"(?P<a>\d)"], "step 1", "no rows: the last line has no line end yet"),
        ([], "step 1\n", "no reader claims it"),
        (["--pattern", "a+"], "step 1\n", "has no named group"),
        (["--reader", "nope"], "step 1\n", "no reader is called 'nope'; there are: csv"),
    ],
)
def test_the_preview_says_why_there_are_no_rows(
    logs: Path, workspace: Path, capsys: pytest.CaptureFixture[str], words: list[str], content: str, text: str
) -> None:
    path = write(logs / "a.txt", content)
    assert main(["try-reader", str(path), *words, "-wks", str(workspace)]) in (1, 2)
    out, error = capsys.readouterr()
    assert text in out + error


def test_declarations_named_by_option_count_instead_of_the_workspaces(
    logs: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(logs / "records" / "a.txt", log(3))
    declared = write(tmp_path / "mine.yaml", NANOGPT)
    assert main(["list", "-d", str(logs), "-wks", str(workspace), "--readers", str(declared)]) == 0
    assert "3 rows" in capsys.readouterr().out


def test_runs_of_text_logs_are_drawn_as_any_other(logs: Path, workspace: Path) -> None:
    for name in ("a", "b"):
        write(logs / "records" / f"{name}.txt", log(5))
    with opened(logs, workspace, NANOGPT) as library:
        assert choose_pair(library, library.runs())[:2] == ("step", "val_loss")
