"""What a person sees: tables that fit, colours on terminals alone."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sml_logger import Logger
from sml_logger.messages.display import TableText, display_width
from sml_logger.rows.table import Table

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(script: Path, base: Path, width: int, **variables: str) -> str:
    """What a script prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, str(script), str(base)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", **variables},
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how a terminal ends
            break
        if not chunk:
            break
        output += chunk
    os.close(ours)
    assert process.wait() == 0, output.decode()
    return output.decode().replace("\r\n", "\n")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(
        "import sys\n"
        "from sml_logger import Logger\n"
        "with Logger(log_name='a', base_path=sys.argv[1], backup_code=False) as logger:\n"
        "    logger('in red', color='red')\n"
        "    for row in range(2):\n"
        "        for number in range(40):\n"
        "            logger.add_tabular_data(**{f'some_rather_long_metric_{number}': number / 3 - 1e-7})\n"
        "        logger.log_tabular('平均回报', 123456789012)\n"
        "        logger.log_tabular('note', 'a text that is longer than any cell', no_tb=True)\n"
        "        logger.dump_tabular()\n"
    )
    return path


@pytest.mark.slow
@pytest.mark.parametrize("width", [20, 30, 40, 80, 120, 200])
def test_the_table_fits_the_terminal(project: Path, script: Path, width: int) -> None:
    output = COLOUR.sub("", on_a_terminal(script, project, width))
    lines = [line for line in output.splitlines() if line.startswith(("|", "-"))]
    assert lines
    assert {display_width(line) for line in lines if line.startswith("|")} <= set(range(width + 1))
    # All metrics are there, told apart by how their names end.
    keys = re.findall(r"\|\s*(\S+) \|", output)
    assert len(set(keys)) == 42
    assert max(len(line.split(" | ")) for line in lines) > (2 if width >= 120 else 0)
    # The log is as wide as it needs to be, with every key and text whole.
    text = (project / "logfile" / "a" / "log.txt").read_text()
    assert "| some_rather_long_metric_39 |" in text
    assert "a text that is longer than any cell" in text


def test_colours_are_for_terminals_that_want_them(project: Path, script: Path) -> None:
    assert "\x1b[31;1min red\x1b[0m\n" in on_a_terminal(script, project, 80)
    assert "\x1b[" not in on_a_terminal(script, project, 80, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal(script, project, 80, TERM="dumb")
    piped = subprocess.run(
        [sys.executable, str(script), str(project)], check=True, capture_output=True, text=True
    )
    assert "in red\n" in piped.stdout
    assert "\x1b[" not in piped.stdout
    for log in [*project.rglob("log.txt"), *project.rglob("log_back.txt")]:
        assert "in red\n" in log.read_text()
        assert "\x1b" not in log.read_text()


def test_elsewhere_the_console_shows_what_the_log_holds(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger("text", 1, [2])
        logger.log_dict(color="blue", lr=0.1, name="x")
        logger.log_dict_single({"a b": 1})
        logger.info("i")
        logger.debug("d")
        logger.error("e")
        logger.add_tabular_data(x=1.23456789, y=-1e-9)
        logger.log_tabular("step", 1_234_567_890)
        logger.dump_tabular()
    printed = capsys.readouterr().out
    assert Path(logger.output_dir, "log.txt").read_text() == printed
    assert "text 1 [2]\nlr: 0.1\nname: x\na b: 1\n[ INFO ]: i\n[ DEBUG ]: d\n[ ERROR ]: e\n" in printed
    assert "|               x |         1.23457 |\n" in printed
    assert "|            step |      1234567890 |\n" in printed


class Closed(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


class Tee:
    """What scripts put in the place of `sys.stdout` to keep a copy: it can write and nothing else."""

    def __init__(self) -> None:
        self.copy = ""

    def write(self, text: str) -> None:
        self.copy += text


class Ascii(io.TextIOWrapper):
    """A stream that cannot say everything."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="ascii", write_through=True)


def test_a_console_that_fails_stops_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, table: Callable[[str], list[dict[str, str]]]
) -> None:
    gone = io.StringIO()
    gone.close()
    with Logger(log_name="a", backup_code=False) as logger:
        ascii_only, tee = Ascii(), Tee()
        for stream in (None, gone, Closed(), ascii_only, tee):
            monkeypatch.setattr(sys, "stdout", stream)
            logger("损失", color="red")
            logger.add_tabular_data(损失=1)
            logger.dump_tabular()
        monkeypatch.undo()
    assert len(table(logger.output_dir)) == 5
    assert Path(logger.output_dir, "log.txt").read_text().count("损失\n") == 5
    assert tee.copy.startswith("损失\n")
    assert " iter 4 " in tee.copy
    assert b"\\u635f\\u5931\n" in ascii_only.buffer.getvalue()  # type: ignore[attr-defined]  # a BytesIO


def test_a_pipe_that_is_closed_while_it_takes_no_unicode_stops_nothing(
    project: Path, table: Callable[[str], list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closing(io.TextIOWrapper):
        def write(self, text: str) -> int:
            if "\\u635f" in text:
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")
            return super().write(text)

    monkeypatch.setattr(sys, "stdout", Closing(io.BytesIO(), encoding="ascii", errors="strict"))
    with Logger(log_name="a", backup_code=False) as logger:
        for _ in range(2):
            logger.log_tabular("损失", 1)
            logger.dump_tabular()
    assert len(table(logger.output_dir)) == 2


def test_a_message_that_is_no_text_at_all_stops_nothing(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger("lone surrogate \ud800", None, object)
    assert "lone surrogate \\ud800 None" in Path(logger.output_dir, "log.txt").read_text()


def test_blanks_and_percent_signs_are_laid_out() -> None:
    table = Table()
    table.set("100%", 50.0)
    table.set("blank", None)
    table.set("text", "50% (%s)", no_tb=True)
    shape, values = table.in_column_order(table.take())
    lines = TableText().format(shape, 3, values).splitlines()
    assert "iter 3" in lines[0]
    assert lines[1:4] == [
        "|            100% |              50 |",
        "|           blank |                 |",
        "|            text |        50% (%s) |",
    ]


def test_a_handler_that_logs_in_the_middle_of_a_print_stops_nothing(project: Path, child: Any) -> None:
    process = child("prints.py", project)
    log = project / "logfile" / "a" / "log.txt"
    while not log.exists() or log.read_text().count("from the handler") < 3:  # the pipe is full by now
        assert process.poll() is None, process.communicate()[0][-2000:]
        time.sleep(0.05)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output[-2000:]
