"""Memory of the page's server over an hour of use, while runs grow.

Usage: python benchmarks/page_memory.py [--views 120] [--data FOLDER], in the default environment. The hour's
requests follow each other without pauses: at each view the list is asked for, a query is typed, and charts,
figures, tables and pages of runs are opened in turn, with other queries, metrics and smoothing each time;
rows are added to some runs in between. The runs are generated and read in a temporary folder, or in FOLDER
and kept there. Prints the resident memory of the server over time.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from page_large import GROUPS, ROWS, SEEDS, write_groups
from page_list import resident, served
from report import tell

_POLLS = 3  # of the list at each view: a page asks every few seconds
_GROWING = 5
_PRINTED = 10  # views between two lines
_QUERIES = (
    "run_1",
    "lr < {n}e-3",
    "seed = {n}",
    "last.eval/metric_1 > {n}",
    "run_*{n}",
    "seed < {n} and not run_2",
)


class Client:
    """One browser's connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
        self._headers["X-CSRF-Token"] = self.get("/api/v1/session")["csrf"]
        self._revision = ""

    def get(self, address: str) -> Any:
        """The JSON of an answer; None if nothing changed. Raises RuntimeError if the request failed."""
        return self._answer("GET", address, None)

    def post(self, address: str, body: dict[str, Any]) -> Any:
        """The same for a computation; bytes if the answer is binary."""
        return self._answer("POST", address, json.dumps(body))

    def poll(self) -> list[str]:
        """Ask what changed in the list; returns the ids of all runs at first, then of those that changed."""
        answer = self.get(f"/api/v1/runs?after={self._revision}")
        if answer is None:
            return []
        self._revision = answer["revision"]
        column = next(column for column in answer["columns"] if column["key"] == "id")
        return list(column.get("cells") or [column["values"][code] for code in column["codes"]])

    def _answer(self, method: str, address: str, body: str | None) -> Any:
        self._connection.request(method, address, body, self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if cookie := response.getheader("Set-Cookie"):
            self._headers["Cookie"] = cookie.partition(";")[0]
        if response.status >= 400:
            raise RuntimeError(f"{address}: {response.status} {content[:200]!r}")
        if response.getheader("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if "json" not in response.getheader("Content-Type", ""):
            return content or None
        answer = json.loads(content)
        if "error" in answer:
            raise RuntimeError(f"{address}: {answer['error']}")
        return answer


def main() -> None:
    """Use the page for an hour, and tell its memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--views", type=int, default=120)
    parser.add_argument("--data", type=Path, default=None)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memory-")))
        url, server = stack.enter_context(served(data / "growing", write_groups))
        client = Client(int(url.rpartition(":")[2]))
        memory = list(use(client, server.pid, data / "growing" / "logfile", options.views))
    what = f"{GROUPS * SEEDS} runs × {ROWS} rows"
    third = len(memory) // 3
    middle, last = (statistics.median(memory[at : at + third]) for at in (third, 2 * third))
    tell(f"memory of the server after an hour over {what}", memory[-1], "MB", 500)
    tell("the same, the largest", max(memory), "MB")
    tell("the last third of the hour / the third before", last / middle, "×", 1.05)


def use(client: Client, pid: int, logs: Path, views: int) -> Iterator[float]:
    """Look at everything `views` times; the memory after each."""
    ids = client.poll()
    folders = itertools.cycle(sorted(logs.iterdir())[:: GROUPS * SEEDS // 50])
    started = time.monotonic()
    for number in range(views):
        for folder in itertools.islice(folders, _GROWING):
            with (folder / "progress.csv").open("a", encoding="utf-8") as file:
                file.write(f"{(ROWS + number) * 100},{number},1.5,2.5,3.5\n")
        for _ in range(_POLLS):
            client.poll()
        query = _QUERIES[number % len(_QUERIES)].format(n=1 + number % 29)
        for text in (query.split()[0], query):  # while it is typed
            client.get(f"/api/v1/search?q={quote(text)}")
        look(client, number, query, ids)
        yield resident(pid)
        if number % _PRINTED == 0:
            minutes = 60 * number / views
            print(f"  after {minutes:3.0f} minutes of use: {resident(pid):4.0f} MB", flush=True)
    print(f"  {views} views in {time.monotonic() - started:.0f} s", flush=True)


def look(client: Client, number: int, query: str, ids: list[str]) -> None:
    """One view of charts, a figure, a table or a run."""
    metric = f"eval/metric_{number % 4}"
    config = {"USE_SMOOTH": True, "SMOOTH_RADIUS": number % 20, "PLOTTING_XY": [["step", metric]]}
    body = {"config": config, "where": query}
    kind = number % 6
    if kind in (0, 1):
        by = ("groups", "runs")[kind]
        charts = client.post("/api/v1/charts", {**body, "by": by})
        lines = [line["key"] for line in charts["lines"] if line["drawn"]]
        metrics = [f"eval/metric_{each}" for each in range(4)]
        client.post("/api/v1/charts/panels", {**body, "by": by, "lines": lines, "metrics": metrics})
    elif kind == 2:
        client.post("/api/v1/curves", body)
        client.post("/api/v1/counts", body)
    elif kind == 3:
        client.post("/api/v1/table", body)
        client.post("/api/v1/bars", body)
    elif kind == 4:
        client.post("/api/v1/hyperparameters", body)
        client.get("/api/v1/coverage")
    else:
        chosen = [ids[(number * 37 + each) % len(ids)] for each in range(5)]
        client.get("/api/v1/compare?" + "&".join(f"id={each}" for each in chosen))
        client.post("/api/v1/sparklines", {"config": {}, "ids": ids[number : number + 40], "metric": metric})


if __name__ == "__main__":
    main()
