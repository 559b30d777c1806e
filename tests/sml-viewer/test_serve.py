"""The page is started with the tutorial's options and says where it is; what would be a hole is refused."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.index.location import store_path

from ..ports import free_port

pytestmark = pytest.mark.slow

TABLE = "step,reward\n0,1\n1,2\n"


@dataclass
class Served:
    """A page in a process of its own."""

    process: subprocess.Popen[str]
    output: list[str]
    port: int

    @property
    def said(self) -> str:
        return "".join(self.output)

    @property
    def address(self) -> str:
        return re.findall(r"open(?:ed; for the next browser:)? (http\S+)", self.said)[-1]

    def until(self, words: str) -> None:
        while words not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.output.append(line)


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts `sml-viewer`, or another module: `serve("-lf", module=…, given="to its standard input")`."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str | Path, module: str = "sml_viewer", given: str = "") -> Served:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words, "-p", str(port), "-wks", tmp_path / "workspace"],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        process.stdin.write(given)
        process.stdin.close()
        served = Served(process, [], port)
        served.until("open http")
        return served

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(20) == 0
        process.stdout.close()


def ask(address: str) -> dict:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def logfile(tmp_path: Path) -> Path:
    folder = tmp_path / "logfile" / "one"
    folder.mkdir(parents=True)
    (folder / "progress.csv").write_text(TABLE)
    return folder.parent


def test_the_tutorials_command_shows_the_logfile_here(serve: Serve, logfile: Path) -> None:
    served = serve("-lf", "-t", "实验", module="smart_logger.htmlpage")
    served.until("ssh -L")
    assert f"looking at {logfile}" in served.said
    assert "listening on 127.0.0.1, this machine only" in served.said
    assert re.search(rf"ssh -L {served.port}:127.0.0.1:{served.port} \S+@\S+", served.said)
    told = ask(served.address + "/api/v1/session")
    assert told["title"] == "实验"
    assert told["data"]["shown"] == [str(logfile)]
    assert told["data"]["changeable"]
    until_indexed(served.address)


def until_indexed(address: str) -> None:
    end = time.monotonic() + 60
    while not ask(address + "/api/v1/session")["data"]["indexing"]["ready"]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_ctrl_c_in_a_terminal_ends_the_page_with_no_word_more(tmp_path: Path, logfile: Path) -> None:
    # A terminal interrupts every process of its command, those that read runs too.
    port = free_port()
    words = ["-d", logfile, "-lf", "-p", str(port), "-wks", tmp_path / "workspace"]
    with subprocess.Popen(
        [sys.executable, "-m", "sml_viewer", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as page:
        assert page.stdout
        assert any("stop with Ctrl-C" in line for line in page.stdout)
        until_indexed(f"http://127.0.0.1:{port}")  # the reading processes are on their way
        os.killpg(page.pid, signal.SIGINT)
        assert [line for line in page.stdout if not line.startswith(("from elsewhere", "found "))] == []
    assert page.returncode == 0


def test_ctrl_c_as_soon_as_the_address_is_printed_ends_the_page(serve: Serve) -> None:
    for _ in range(5):
        process = serve("-lf").process
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_without_a_password_an_address_opens_once(serve: Serve) -> None:
    served = serve()
    first = served.address
    assert "choose one in the page, or start sml-viewer FOLDER" in served.said
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(first, timeout=60) as page:
        assert page.url.endswith("/experiment")
    served.until("for the next browser")
    assert served.address != first
    with urllib.request.urlopen(first, timeout=60) as page:
        assert "/login" in page.url
        assert "has been used" in page.read().decode()


def test_a_password_comes_from_standard_input_and_the_log_tells_neither_it_nor_the_token(
    serve: Serve, tmp_path: Path, logfile: Path
) -> None:
    served = serve("-u", "me", "-pw", "-", "-ltf", "-d", logfile, given="a password of mine\n")
    log = tmp_path / "workspace" / "page.log"
    assert f"logging to {log}" in served.said
    assert "token" not in served.said
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(f"{served.address}/login?token=a-secret", timeout=60) as page:
        csrf = re.search(r'name="csrf" value="(\w+)"', page.read().decode()).group(1)
    form = f"csrf={csrf}&user=me&password=a+password+of+mine&next=/api/v1/session".encode()
    with browser.open(f"{served.address}/login", form, timeout=60) as answer:
        assert json.load(answer)["user"] == "me"
    told = log.read_text()
    assert "'me' GET '/api/v1/session' 200" in told
    assert "a-secret" not in told
    assert "password of" not in told
    assert "password of" not in Path(f"/proc/{served.process.pid}/cmdline").read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_restart_loses_no_session(serve: Serve, logfile: Path, tmp_path: Path) -> None:
    """The browser's page goes on with the server that comes after."""
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "sml_viewer",
        "-d",
        logfile,
        "-p",
        str(port),
        "-wks",
        tmp_path / "workspace",
    ]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    for again in (False, True):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        served = Served(process, [], port)
        served.until("open http")
        if not again:
            browser.open(served.address, timeout=60).close()
        with browser.open(f"http://127.0.0.1:{port}/api/v1/session", timeout=60) as answer:
            assert json.load(answer)["data"]["shown"] == [str(logfile)]
        process.kill()
        process.wait(20)
        process.stdout.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0", "-lf", "-d", "."], "set a password with -pw, or confirm with --force"),
        (["--host", "0.0.0.0", "-pw", "123456", "-d", "."], "too easy to guess"),
        (["--host", "0.0.0.0", "-pw", "Password1", "-d", "."], "too easy to guess"),
        (["--host", "0.0.0.0", "-u", "somebody", "-pw", "Somebody", "-d", "."], "too easy to guess"),
        (["--host", "0.0.0.0", "-pw", "xxxxxxxxxxxx", "-d", "."], "too easy to guess"),
        (["--host", "0.0.0.0", "-pw", "123456", "--force", "-d", "."], "too easy to guess"),
        (["--host", "0.0.0.0", "-pw", "a good password"], "needs -d"),
        (["--host", "::", "-lf", "-d", "."], "--force"),
        (["-crt", "none.pem"], "belong together"),
        (["-crt", "none.pem", "-key", "none.key"], "no such file"),
        (["-pw", ""], "-pw is empty"),
        (["-d", "/full/path/to/data"], "no such folder"),
    ],
)  # fmt: skip
def test_what_would_be_a_hole_is_not_started(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *words, "-p", str(free_port())]) == 2
    output = capsys.readouterr().err
    assert said in output
    assert output.startswith("sml-viewer: ")
    assert "good password" not in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "0"], "invalid port '0'; expected a number from 1 to 65535"),
        (["-p", "65536"], "invalid port '65536'; expected a number from 1 to 65535"),
        (["-p", "x"], "invalid port 'x'; expected a number from 1 to 65535"),
        (["-cp", "x"], "invalid number of hours 'x'"),
        (["-cp", "nan"], "hours"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["serve", *words])
    assert said in capsys.readouterr().err


def test_help_names_what_was_called() -> None:
    words = [sys.executable, "-m", "smart_logger.htmlpage", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.startswith("usage: python -m smart_logger.htmlpage [-h]")


def test_a_port_in_use_is_named_with_a_free_one(capsys: pytest.CaptureFixture[str], logfile: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert main(["-lf", "-d", str(logfile), "-p", str(port)]) == 1
    output = capsys.readouterr().err
    other = int(re.fullmatch(rf"sml-viewer: port {port} is in use; try -p (\d+)\n", output).group(1))
    with contextlib.closing(socket.create_server(("127.0.0.1", other))):
        assert other != port


def test_a_store_that_cannot_be_opened_is_one_line_and_no_page(
    capsys: pytest.CaptureFixture[str], logfile: Path, tmp_path: Path
) -> None:
    store_path(tmp_path / "workspace", logfile).mkdir()
    words = ["-lf", "-d", str(logfile), "-p", str(free_port()), "-wks", str(tmp_path / "workspace")]
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("Is a directory")


def test_an_address_that_is_not_of_this_machine_is_named(
    capsys: pytest.CaptureFixture[str], logfile: Path
) -> None:
    for host, said in (
        ("192.0.2.1", "not an address of this machine"),
        ("no.such.name.invalid", "unknown host"),
    ):
        words = ["-d", str(logfile), "--host", host, "-pw", "a good password", "-p", str(free_port())]
        assert main(words) == 1
        assert said in capsys.readouterr().err


def test_folders_alone_are_served(serve: Serve, tmp_path: Path) -> None:
    for name in ("theirs", "my runs"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "metrics.csv").write_text("epoch,loss\n0,1\n")
    served = serve("theirs", tmp_path / "my runs", "-lf")
    assert f"looking at {tmp_path / 'theirs'}, {tmp_path / 'my runs'}" in served.said


def test_without_a_logfile_the_folders_that_other_tools_make_are_served(serve: Serve, tmp_path: Path) -> None:
    for name in ("runs", "wandb", "other"):
        (tmp_path / name).mkdir()
    assert f"looking at {tmp_path / 'runs'}, {tmp_path / 'wandb'}\n" in serve("-lf").said
    (tmp_path / "logfile").mkdir()
    assert f"looking at {tmp_path / 'logfile'}\n" in serve("-lf").said
