"""A real TensorBoard server on event files, and how long it takes until its scalars can be fetched."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

_LONGEST = 600.0
_PAUSE = 0.05


def seconds_until_scalars(events: Path, runs: int, tags: int, last_step: int) -> tuple[float, float]:
    """Seconds from the start of a server until one tag of all runs was fetched, and until every tag was."""
    port = _free_port()
    started = time.perf_counter()
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tensorboard.main",
            "--logdir",
            events,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            base = f"http://127.0.0.1:{port}/data/plugin/scalars"
            known = _when_there(lambda: _tags(base, runs, tags), started)
            first = None
            for tag in sorted(known):
                _when_there(lambda tag=tag: _is_whole(base, tag, known[tag], last_step), started)
                first = first or time.perf_counter() - started
            return first or 0.0, time.perf_counter() - started
        finally:
            server.terminate()


def _tags(base: str, runs: int, tags: int) -> dict[str, list[str]]:
    """The runs of each tag; nothing until all of them are known."""
    having: dict[str, list[str]] = {}
    for run, found in _fetched(f"{base}/tags").items():
        for tag in found:
            having.setdefault(tag, []).append(run)
    whole = len(having) >= tags and all(len(found) == runs for found in having.values())
    return having if whole else {}


def _is_whole(base: str, tag: str, runs: list[str], last_step: int) -> bool:
    """Whether every run's points of a tag reach to the last step."""
    series = _fetched(f"{base}/scalars_multirun", [("tag", tag), *(("runs", run) for run in runs)])
    return len(series) == len(runs) and all(points[-1][1] == last_step for points in series.values())


def _fetched(url: str, form: list[tuple[str, str]] | None = None) -> dict:
    data = None if form is None else urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, data, timeout=_LONGEST) as answer:  # noqa: S310  our own server
        return json.load(answer)


def _when_there(look, started: float):
    """What `look` finds, once it finds something."""
    while time.perf_counter() - started < _LONGEST:
        try:
            if found := look():
                return found
        except (urllib.error.URLError, ConnectionError):
            pass  # it does not listen yet
        time.sleep(_PAUSE)
    raise RuntimeError(f"TensorBoard had not read its runs after {_LONGEST:.0f} s")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
