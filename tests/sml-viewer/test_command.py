"""The command does what the page does, and says in one line what is wrong."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import sml_viewer
from sml_viewer.cli import common
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations

COMMANDS = ("serve", "list", "plot", "bar", "table", "diff", "export", "reopen")


@pytest.mark.usefixtures("grid")
def test_list_as_json_is_one_array_with_an_object_per_run(logs: Path, capsys) -> None:
    assert main(["list", "--json", "-d", str(logs)]) == 0
    runs = json.loads(capsys.readouterr().out)
    assert len(runs) == 12
    assert runs[0]["parameters"]["env_name"] == "Acrobot-v1"
    assert runs[0]["last"]["timestep"] == 20.0


def test_list_as_json_stays_json_with_infinities(logs: Path, make_run, capsys) -> None:
    make_run("a", "x\n-inf\n")
    main(["list", "--json", "-d", str(logs)])
    (run,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert run["last"] == {"x": "-inf"}


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    "words",
    [
        ["list", "LOGS"],
        ["list", "LOGS", "--where", "seed = 1"],
        ["list", "--where", "seed = 1", "LOGS"],
        ["table", "-y", "episode_return", "LOGS"],
        ["plot", "LOGS", "-o", "OUT/a.png"],
        ["bar", "-o", "OUT/a.png", "LOGS", "--notes"],
        ["aggregate", "LOGS", "-o", "OUT/a.csv"],
        ["export", "-o", "OUT/a.html", "LOGS"],
        ["diff", "Acrobot-v1_0.01_1", "Acrobot-v1_0.01_2", "LOGS"],
    ],
)
def test_a_folder_without_a_flag_does_what_it_does_with_d(
    words: list[str], logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(logs.parent)
    texts = []
    for number, folder in enumerate((["-d", logs.name], [logs.name])):
        put = [
            [word.replace("OUT", str(tmp_path / str(number)))] if word != "LOGS" else folder for word in words
        ]
        assert main([word for group in put for word in group]) == 0
        texts.append(capsys.readouterr().out.replace(f"{tmp_path}/{number}/", ""))
    assert texts[0] == texts[1] != ""


@pytest.mark.usefixtures("grid")
def test_folders_without_a_flag_and_with_one_are_read_together(logs: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "more" / "b").mkdir(parents=True)
    (tmp_path / "more" / "b" / "progress.csv").write_text("step,loss\n0,1\n", "utf-8")
    assert main(["list", str(tmp_path / "more"), "-d", str(logs)]) == 0
    assert capsys.readouterr().out.endswith("13 runs\n")


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "nosuch"], "nosuch: no such folder; expected a folder of runs"),
        (["list", "seed=1"], "seed=1: no such folder; a query is one word after --where"),
        ([".", "list"], "list: no such folder; the command comes first: sml-viewer list DIR"),
        (["diff", ".", "a", "b"], "b: no such folder; folders of runs come after the names of runs"),
        (["list", "file.txt"], "file.txt is a file; expected a folder of runs, such as "),
    ],
)
def test_a_word_that_is_not_a_folder_is_one_line_that_says_what_is_expected(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.txt").touch()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"sml-viewer: {message}")
    assert error.count("\n") == 1


def test_an_unknown_option_is_not_taken_for_a_folder(logs: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["list", str(logs), "--bogus"])
    assert "unrecognized arguments: --bogus" in capsys.readouterr().err


@pytest.mark.usefixtures("grid")
def test_a_second_figure_does_not_replace_the_first(logs: Path, tmp_path: Path, capsys) -> None:
    for _ in range(2):
        assert main(["plot", "-d", str(logs), "-o", str(tmp_path / "out" / "a.png")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-2.png", "a.png"]
    assert "n = 3 seeds" in capsys.readouterr().out


@pytest.mark.usefixtures("grid")
def test_a_table_is_printed_and_only_written_where_o_says_so(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for more in ([], ["-o", "-"]):
        assert main(["table", "-d", str(logs), *more]) == 0
        assert capsys.readouterr().out.startswith("| episode_return | policy_lr=0.01 |")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.usefixtures("grid")
def test_a_line_of_the_list_has_everything_in_a_pipe(logs: Path, capsys) -> None:
    assert main(["list", "-d", str(logs), "--where", "seed = 1"]) == 0
    first, *_, count = capsys.readouterr().out.splitlines()
    assert re.split("  +", first) == [
        "Acrobot-v1_0.01_1", "-", "3 rows", "episode_return=1.2",
        "env_name=Acrobot-v1", "policy_lr=0.01",
    ]  # fmt: skip
    assert count == "4 of 12 runs"


def test_the_notes_of_a_list_come_last_and_the_same_of_several_once(logs: Path, make_run, capsys) -> None:
    for number in range(5):
        make_run(f"r{number}", "x\n1\n" + "1,2\n" * (number + 1), seed=number)
    words = ["list", "-d", str(logs)]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:5]] == [f"r{number}" for number in range(5)]
    cells = "1 to 5 lines with more cells than the header left out: nothing says which is which"
    assert lines[5:] == ["", f"r0, r1 and 3 more: {cells}.", "5 runs"]
    assert main([*words, "--notes"]) == 0
    assert "r4: progress.csv: 5 lines with more cells" in capsys.readouterr().out


def test_a_note_of_the_list_says_which_parameters_cannot_be_read(logs: Path, make_run, capsys) -> None:
    (make_run("a", "x\n1\n") / "params.json").write_text('{"lr": 0.1,')
    assert main(["list", "-d", str(logs)]) == 0
    assert "a: params.json cannot be read: " in capsys.readouterr().out


def test_one_duplicate_is_one(logs: Path, make_run, capsys) -> None:
    for name in ("a", "b"):
        make_run(name, "x\n1\n", seed=1)
    assert main(["list", "-d", str(logs)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 runs; 1 is a duplicate"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_list_on_a_terminal_is_a_table_that_fits_it(
    logs: Path, make_run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    for number in range(3):
        make_run(
            f"{'long-' * 40}{number}", f"step,return\n0,{number}\n", lr=0.1**number, width=64, seed=number,
            **{f"parameter_{place}": f"value-{number}" for place in range(20)},
        )  # fmt: skip
    monkeypatch.setenv("COLUMNS", str(width))
    with terminal(monkeypatch, "stdout") as said:
        assert main(["list", "-d", str(logs)]) == 0
    lines = said[0].splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].split()[:5] == ["name", "state", "rows", "last", "return"]
    assert [line.split()[0][-2:] for line in lines[1:4]] == ["-0", "-1", "-2"]
    assert lines[-1] == "3 runs"


@pytest.mark.usefixtures("grid")
def test_limits_that_leave_no_point_are_told(logs: Path, tmp_path: Path, capsys) -> None:
    out = str(tmp_path / "a.svg")
    assert main(["plot", "-d", str(logs), "-o", out, "--set", "XMIN=50"]) == 2
    said = "no point between XMIN 50 and XMAX inf; timestep goes from 0 to 20"
    assert said in capsys.readouterr().err
    one = '{"same_title": {"Acrobot-v1": {"XMIN": 50}}}'
    assert main(["plot", "-d", str(logs), "-o", out, "--set", f"ADDITIONAL_PLOT_CONFIGS={one}"]) == 0
    assert f"Acrobot-v1: {said}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    ("command", "option", "said"),
    [
        ("bar", "XMIN=5", "XMIN: has no effect on bars"),
        ("bar", "MIN_RELATIVE_PERFORMANCE=0.1", "MIN_RELATIVE_PERFORMANCE: has no effect on bars"),
        ("plot", "BAR_SORT_X=True", "BAR_SORT_X: has no effect on curves"),
        ("aggregate", "TABLE_TEST=welch", "TABLE_TEST: has no effect on aggregates"),
        ("table", "LINE_WIDTH=2", "LINE_WIDTH: has no effect on tables"),
        ("bar", "TABLE_SCORE=best", ""),
        ("plot", "XMIN=5", ""),
    ],
)
def test_an_option_without_effect_says_so(
    logs: Path, tmp_path: Path, capsys, command: str, option: str, said: str
) -> None:
    out = ["-o", str(tmp_path / ("a.md" if command == "table" else "a.svg"))]
    assert main([command, "-d", str(logs), *out, "--set", option]) == 0
    assert capsys.readouterr().err == (f"sml-viewer: {said}\n" if said else "")


def test_names_that_would_steer_a_terminal_are_listed_as_python_writes_them(
    logs: Path, make_run, capsys
) -> None:
    make_run("\x1b[31mred\nnext \u202eolleh", "x\n1\n")
    make_run("实验　一", "x\n1\n")
    assert main(["list", "-d", str(logs)]) == 0
    said = capsys.readouterr().out
    assert "\\x1b[31mred\\nnext \\u202eolleh " in said
    assert "实验　一 " in said
    assert "\x1b" not in said


@pytest.mark.parametrize("command", ["plot", "bar", "table", "aggregate"])
def test_values_near_the_largest_there_are_cause_no_warning(
    logs: Path, make_run, tmp_path: Path, command: str
) -> None:
    for number in range(6):
        make_run(f"r{number}", "step,reward\n0,1\n1,1.5e308\n2,1.5e308\n", lr=number // 3, seed=number % 3)
    out = tmp_path / ("a.md" if command == "table" else "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert main([command, "-d", str(logs), "-o", str(out), "--set", "SMOOTH_RADIUS=2"]) == 0


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("command", ["plot", "table"])
def test_a_tilde_that_no_shell_took_is_the_users_folder(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").symlink_to(logs.parent)
    assert main([command, "-d", f"~/{logs.name}", "-o", "~/out/a.csv"]) == 0
    assert (tmp_path / "home" / "out" / "a.csv").exists()
    assert not (tmp_path / "~").exists()


@pytest.mark.usefixtures("grid")
def test_the_table_is_written_as_markdown(logs: Path, tmp_path: Path) -> None:
    assert main(["table", "-d", str(logs), "-o", str(tmp_path / "t.md")]) == 0
    assert (tmp_path / "t.md").read_text().startswith("| episode_return |")


@pytest.mark.parametrize("command", [["list"], ["plot"], ["table"], ["list", "--json"], ["serve"]])
def test_a_folder_that_is_not_there_is_one_line(command: list[str], tmp_path: Path, capsys) -> None:
    assert main([*command, "-d", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert "no such folder" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", [["list"], ["plot"], ["table"]])
def test_a_folder_without_runs_is_one_line(command: list[str], logs: Path, capsys) -> None:
    assert main([*command, "-d", str(logs)]) == 2
    error = capsys.readouterr().err
    assert "progress.csv" in error
    assert error.count("\n") == 1


def test_a_figure_of_unknown_kind_is_answered_with_the_known_ones(logs: Path, capsys) -> None:
    assert main(["plot", "-d", str(logs), "-o", "a.bmp"]) == 2
    assert ".png, .pdf, .svg or .csv" in capsys.readouterr().err


def test_a_port_in_use_is_named_with_a_free_one(logs: Path, capsys) -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "-d", str(logs), "-p", str(port)]) == 1
    error = capsys.readouterr().err
    assert f"port {port} is in use; try -p " in error
    assert error.count("\n") == 1


def test_every_command_has_help_with_an_example_and_the_common_options(capsys) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert f"sml-viewer {command}" in text.partition("examples:")[2]
        for option in ("-d DIR", "-wks WORKSPACE", "[DIR ...]"):
            assert option in text


@pytest.mark.usefixtures("grid")
def test_a_query_narrows_the_list_and_a_wrong_one_points_at_itself(logs: Path, capsys) -> None:
    assert main(["list", "-d", str(logs), "--where", "seed = 1"]) == 0
    assert "4 of 12 runs" in capsys.readouterr().out
    assert main(["list", "-d", str(logs), "--where", "seed <"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "sml-viewer: column 7: expected a value after '<'"


def test_duplicates_are_listed_as_such(logs: Path, make_run, capsys) -> None:
    for name in ("a", "b"):
        make_run(name, "x\n1\n", seed=1)
    main(["list", "--json", "-d", str(logs)])
    found = [run["duplicate"] for run in json.loads(capsys.readouterr().out)]
    assert sorted(map(bool, found)) == [False, True]


def test_parameters_with_nan_stay_json(logs: Path, make_run, capsys) -> None:
    (make_run("a", "x\n1\n") / "config" / "parameter.json").write_text('{"lr": NaN, "in": [Infinity]}')
    main(["list", "--json", "-d", str(logs)])
    (run,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert run["parameters"] == {"lr": "nan", "in": ["inf"]}


@pytest.mark.usefixtures("grid")
def test_diff_shows_what_is_not_the_same(logs: Path, capsys) -> None:
    assert main(["diff", "-d", str(logs), "Acrobot-v1_0.1_1", "Acrobot-v1_0.01_1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "parameter   policy_lr: 0.1 -> 0.01",
        "last        episode_return: 3 -> 1.2",
    ]
    assert main(["diff", "-d", str(logs), "Acrobot", "nobody"]) == 2
    assert "'Acrobot' means 6 runs" in capsys.readouterr().err


@pytest.mark.usefixtures("grid")
def test_all_wrong_options_are_told_at_once(logs: Path, capsys) -> None:
    assert main(["plot", "-d", str(logs), "--set", "XMAXX=1", "--set", "MAX_COLUMN=0"]) == 2
    error = capsys.readouterr().err
    assert "did you mean XMAX?" in error
    assert "invalid value 0; expected a whole number from 1 to 20" in error


@pytest.mark.usefixtures("grid")
def test_several_folders_are_one_library(logs: Path, tmp_path: Path, capsys) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "progress.csv").write_text("x\n1\n")
    main(["list", "--json", "-d", str(logs), "-d", str(other), "-d", str(logs / "Acrobot-v1_0.1_1")])
    assert len(json.loads(capsys.readouterr().out)) == 13


@pytest.mark.usefixtures("grid")
def test_a_named_configuration_of_the_workspace_is_used(logs: Path, tmp_path: Path, capsys) -> None:
    Configurations(tmp_path).save("mine", Configuration().with_values(CURVE_ERROR="t"))
    words = ["plot", "-d", str(logs), "-wks", str(tmp_path), "-o", str(tmp_path / "a.svg"), "-c"]
    assert main([*words, "mine"]) == 0
    assert "with 95 % t interval" in capsys.readouterr().out
    assert main([*words, "yours"]) == 2
    assert "there are: mine" in capsys.readouterr().err


@pytest.mark.usefixtures("grid")
def test_a_reader_that_has_enough_is_no_error(logs: Path) -> None:
    command = [sys.executable, "-m", "sml_viewer", "list", "--json", "-d", str(logs)]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'flask', 'matplotlib', 'scipy', 'numpy'}"
    check = f"import sml_viewer, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def imports_of(file: Path) -> set[str]:
    """The first names of all that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_the_engine_imports_no_flask_and_the_page_no_pandas() -> None:
    root = Path(sml_viewer.__file__).parent
    for file in root.rglob("*.py"):
        in_page = "web" in file.relative_to(root).parts
        first = {name.partition(".")[0] for name in imports_of(file)}
        assert not first & ({"pandas"} if in_page else {"flask", "werkzeug", "cheroot", "jinja2"}), file
        # Laptops have none of these.
        assert not first & {"fcntl", "pwd", "grp", "resource", "termios"}, file
        assert "multiprocessing" not in first, file


@pytest.mark.slow
def test_a_script_without_a_guard_runs_once(logs: Path, make_run, tmp_path: Path) -> None:
    body = "timestep,reward\n" + "".join(f"{row},{row / 7}\n" for row in range(3000))
    for number in range(12):
        make_run(f"a{number}", body, seed=number)
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, sml_viewer\n"
        "import sml_viewer.index.indexer as update\n"
        "update._HELPER_BYTES = 0\n"  # the helper process takes part whatever there is to read
        "print('once')\n"
        "curves = sml_viewer.plot(sys.argv[1], sys.argv[2], y='reward', CURVE_ERROR='t')\n"
        "print(curves.caption)\n"
        "few = sml_viewer.runs(sys.argv[1], where='seed < 3')\n"
        "print(len(few), sml_viewer.table(sys.argv[1])[0].rows[0][0].n)\n"
    )
    done = subprocess.run(
        [sys.executable, script, logs, tmp_path / "a.png"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "once"
    assert lines.count("once") == 1
    assert "95 % t interval" in lines[1]
    assert lines[-1] == "3 12"
    assert (tmp_path / "a.png").exists()


@pytest.mark.slow
def test_names_that_are_no_text_are_listed_and_drawn(logs: Path, make_run, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(logs) + b"/bad\xffname"))
    folder.mkdir()
    (folder / "progress.csv").write_text("step,reward\n0,1\n1,2\n")
    (make_run("b", "step,reward\n0,1\n1,2\n") / "config" / "parameter.json").write_text(
        '{"a": "\\ud800", "seed": 1}'
    )
    for words in (
        ["list"],
        ["list", "--json"],
        ["plot", "-o", str(tmp_path / "a.svg")],
        ["table", "-o", str(tmp_path / "a.md")],
    ):
        command = [sys.executable, "-m", "sml_viewer", *words, "-d", str(logs)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.usefixtures("grid")
def test_long_work_is_told_on_a_terminal_and_leaves_no_trace(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "_DELAY", 0.0)
    monkeypatch.setattr(common, "_INTERVAL", 0.01)
    with terminal(monkeypatch) as said:
        assert main(["plot", "-d", str(logs), "-o", str(tmp_path / "a.png")]) == 0
    assert re.search(r"\rlooking at runs \[\.+\] 0/12\r", said[0])
    *_, shown, blank, after = said[0].split("\r")
    assert shown.startswith("drawing: ")
    assert (blank, after) == (" " * len(shown), "")


def test_quick_work_writes_nothing_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as said, common.show_activity("drawing"):
        pass
    assert said == [""]


@contextlib.contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, name: str = "stderr") -> Iterator[list[str]]:
    """A terminal as a stream; what was written to it is there in the end."""
    ours, theirs = os.openpty()
    said: list[str] = []
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr(sys, name, stream)
        yield said
        stream.write("|")  # an end to read to
        stream.flush()
        read = b""
        while not read.endswith(b"|"):  # a terminal hands over a part at a time
            read += os.read(ours, 1_000_000)
        said.append(read.decode().removesuffix("|"))
    os.close(ours)


def test_the_list_tells_on_stderr_how_much_was_searched_where_that_is_much(
    logs: Path, make_run, capsys
) -> None:
    make_run("a", "step,loss\n0,1\n")
    (logs / "node_modules").mkdir()
    main(["list", "-d", str(logs)])
    assert capsys.readouterr().err == ""
    for number in range(1000):
        (logs / f"notes_{number}").mkdir()
    main(["list", "-d", str(logs)])
    assert re.fullmatch(
        r"sml-viewer: 1 file in 1,002 folders searched in \d+\.\d s; node_modules left out\n",
        capsys.readouterr().err,
    )
