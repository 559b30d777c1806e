"""Pull from several machines at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from .progress import is_wanted, print_line
from .report import SyncReport
from .session import Session
from .targets import Target
from .transfer.pull import PullRequest
from .transfer.sources import Sources


@dataclass(frozen=True)
class Source:
    """A machine, by the addresses to try in turn, and the local folder for what it has."""

    targets: Sequence[Target]
    local: Path


def pull_sources(
    sources: Sequence[Source],
    request: PullRequest,
    *,
    interactive: bool = False,
    bwlimit: int | str | None = None,
    progress: bool = False,
) -> Iterator[SyncReport]:
    """Fetch from all sources at the same time; yields their reports in the order of the sources.

    What several have under one name is as if they were pulled one by one. Raises what one of them raised.
    """
    numbers = Counter(source.local for source in sources)
    shared = {local: Sources(number) for local, number in numbers.items()}
    placed: Counter[Path] = Counter()
    # Of several, each tells in lines of its own.
    in_lines = len(sources) > 1 and is_wanted(progress, interactive=interactive)

    def run(result: Future[SyncReport], source: Source, position: tuple[Sources, int]) -> None:
        line = (lambda text: print_line(f"{source.targets[0]}: {text}")) if in_lines else progress
        try:
            with Session(source.targets, interactive=interactive, bwlimit=bwlimit, progress=line) as session:
                report = session.fetch(replace(request, local=source.local), position)
        except BaseException as error:  # noqa: BLE001  raised again below, in the thread of the caller
            position[0].end(position[1])
            result.set_exception(error)
        else:
            result.set_result(report)

    results: list[Future[SyncReport]] = []
    for source in sources:
        position = (shared[source.local], placed[source.local])
        placed[source.local] += 1
        results.append(Future())
        # As daemons, so that Ctrl-C ends the program: what was fetched until then is kept.
        threading.Thread(target=run, args=(results[-1], source, position), daemon=True).start()
    for result in results:
        yield result.result()
