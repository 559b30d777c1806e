"""Fuzz every reader with mutated files and texts: python scripts/fuzz.py MINUTES.

A reader may reject its input with an error of its own distribution, or return a note. Any other exception, or
taking more than a few seconds, is a fault: it is printed with the number of its case.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import lzma
import random
import re
import shutil
import sys
import tarfile
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sml_config import RunFolder
from sml_config.errors import SmlConfigError
from sml_config.project_settings.yaml_with_lines import read_mapping
from sml_config.redaction import Redactor, hide_credentials
from sml_config.ssh import ConnectionLostError
from sml_config.ssh.sftp.packets import Reply
from sml_config.tasks.tasks import Plan, Task, read_plan
from sml_launch import SmlLaunchError
from sml_launch.state import claims
from sml_launch.state.deals import read_deals
from sml_launch.state.launch_file import Launch, read_launch
from sml_launch.state.results import Journals
from sml_launch.state.state_paths import StatePaths
from sml_launch.tasks.plan_file import read_items
from sml_logger import MetricError, SmlLoggerError
from sml_logger.code_archive.reproduce import reproduce
from sml_logger.outputs.csv import CsvOutput
from sml_logger.row import Row, Shape
from sml_logger.rows.metric_values import check_name
from sml_logger.run_folder.resume import resume_table
from sml_sync.errors import SmlSyncError
from sml_sync.transfer.manifest import Manifest
from sml_viewer.errors import SmlViewerError
from sml_viewer.index.table_parser import ParseTask, parse_table
from sml_viewer.library import Library
from sml_viewer.model import table_layouts as layouts
from sml_viewer.readers.base import TableState
from sml_viewer.readers.parameters import read_parameters
from sml_viewer.readers.tfevents_times import row_times
from sml_viewer.render.provenance import read_provenance
from sml_viewer.run_views.code_diff import read_code
from sml_viewer.run_views.coverage import _journals
from sml_viewer.run_views.log_tail import read_log
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.select.query import parse_query
from sml_viewer.web.files.previews import preview

SECONDS = 10.0
# Expected exceptions of readers.
OWN = (SmlConfigError, SmlLaunchError, SmlLoggerError, SmlSyncError, ConnectionLostError, SmlViewerError)
TOKENS = (
    b"!!bool maybe", b"!!timestamp x", b'!!int ""', b"1e400", b"-1e400", b"nan", b"NaN", b"Infinity",
    b"\0" * 9, b"[" * 300, b'{"a":' * 200, b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r", b"\n", b"\r\n",
    b",", b";", b"\t", b"#", b"\\ud800", b"&a *a", b"<<: *a", b"9" * 400, b"\xed\xa0\x80", b"\x80" * 12,
    b"0x", b"  ", b"{}", b"null", b": ", b"%s", b"../", b"\x1b[2J", b"true", b"- ", b"? ", b"|", b">",
    b"!!python/object/apply:os.system [x]",
)  # fmt: skip


# Behind a colon, a comma or the start of a line, up to the next.
_VALUE = re.compile(rb"(?<=: )[^\n,}]+|(?<=,)[^\n,]+|(?<=\n)[^\n,:]+")
_RESULT = (
    b'{"task_id": "t", "attempt": 1, "outcome": "finished", "status": 0, "reason": "", "started": 1.5, '
    b'"seconds": 2.0, "host": "h", "gpu": null, "run_folder": "/r", "launch": "l", "retried": false}\n'
)
_CLAIM = (
    b'{"host": "h", "boot": "b", "pid": 1, "start": 1, "launch": "l", "job": null, '
    b'"restarts": 0, "mark": "m"}'
)
_COLUMNS = 'reward\nloss\n#episodes\n0\n1\n{a\na;b\na \na\nnan\nTrue\n\ufeffx\nq"\u4e2d'.encode()
_DEALS = b'{"format": "sml-deals", "version": 1, "machines": {"3": {"aa": 0, "bb": 2}}}'
_SENT = b'{"format": 1, "far": "/f", "run_id": null, "synced": 1.5}\n["a", 1, 2, 3, 4, "ab", 5, 6, 1]\n'
_NAMES = (b"\0\0\0\1a\0\0\0\1b" + (15).to_bytes(4, "big") + bytes(28)) * 2
_ANSWER = b"\x68" + (2).to_bytes(4, "big") + _NAMES


@dataclass(frozen=True)
class Reader:
    """A function that reads a folder, the file that is mutated there, and samples of it."""

    name: str
    samples: tuple[bytes, ...]
    file: str
    read: Callable[[Path], object]


def mutated(data: bytes, randomly: random.Random) -> bytes:
    """A sample with some bytes flipped, duplicated, removed, or replaced by tokens that are hard to parse."""
    mutant = bytearray(data)
    for _ in range(randomly.choice((1, 1, 2, 4, 12))):
        at = randomly.randrange(len(mutant) + 1)
        to = min(len(mutant), at + randomly.choice((1, 3, 20, 200)))
        kind = randomly.randrange(8)
        if kind == 0 and at < len(mutant):
            mutant[at] ^= 1 << randomly.randrange(8)
        elif kind == 1:
            mutant[at:at] = randomly.choice(TOKENS)
        elif kind == 2:
            mutant[at:to] = randomly.choice(TOKENS)
        elif kind == 3:
            mutant[at:at] = mutant[at:to] * randomly.choice((1, 2, 50))
        elif kind == 4:
            del mutant[at:to]
        elif kind == 5:
            del mutant[at:]
        elif values := list(_VALUE.finditer(mutant)):
            # In the position of a value a token that is hard to parse is most effective.
            value = randomly.choice(values)
            mutant[value.start() : value.end()] = randomly.choice(TOKENS)
    return bytes(mutant[:200_000])


def readers() -> Mapping[str, Reader]:
    """All readers by name."""
    settings = b"MAIN_MACHINE_IP: 10.0.0.1\nPLOT: {a: [1, 2.5, null], b: 'x'}\nKEY: &k {c: 1e-4}\nOTHER: *k\n"
    values = b'{"seed": 1, "lr": 1e-3, "net": {"layers": [64, 64]}, "token": "abcdefgh", "note": null}'
    status = b'{"state": "running", "heartbeat": 1.7e9, "pid": 5, "step": 3, "boot_id": "x", "error": null}'
    table = b"step,reward,loss\n" + b"".join(b"%d,%d.5,\n" % (n, n * n) for n in range(40))
    journal = b"".join(b'{"task_id": "t%d", "attempt": %d, "started": 1.5}\n' % (n % 5, n) for n in range(20))
    query = b'lr = 0.1 and (name ~ "a.*b" or not seed > 3) tag:x reward.last >= 1e3'
    text = b"python main.py --api_key=abc postgres://u:p@h/x Authorization: Bearer abcdefgh\r50%\rdone\n" * 3
    figure = b"sml-viewer:eJyrVkpUslIyVtJRSlKyUjJRqgUAKXUEYg==;"
    tar = _tar()
    bom = b"\xef\xbb\xbf" + table.replace(b",", b";")
    readers = (
        Reader("settings in YAML", (settings,), "c.yaml", lambda folder: read_mapping(folder / "c.yaml")),
        Reader(
            "settings in JSON", (values, status), "c.json", lambda folder: read_mapping(folder / "c.json")
        ),
        Reader("plan", (_plan(),), "p.json", lambda folder: read_plan(folder / "p.json")),
        Reader("parameters in YAML", (settings,), "a.yml", lambda folder: read_parameters(folder, ["a.yml"])),
        Reader("parameters in JSON", (values,), "p.json", lambda folder: read_parameters(folder, ["p.json"])),
        Reader("table", (table, bom, table[5:]), "progress.csv", _table),
        Reader("table that the logger writes", (_COLUMNS,), "names", _written),
        Reader("table of lines", (journal, values + b"\n"), "progress.json", _table),
        Reader("events", (_events(),), "events.out.tfevents.1", lambda folder: row_times(folder, 3)),
        Reader("journal", (journal,), "results/a.jsonl", _journal),
        Reader("archive", (tar, gzip.compress(tar), lzma.compress(tar)), "coders.tar", _archive),
        Reader("log", (text, table), "log.txt", _log),
        Reader("masked settings", (values, status), "running_config.json", _masked),
        Reader("query", (query,), "q", _query),
        Reader("figure", (figure,), "f.svg", lambda folder: read_provenance(folder / "f.svg")),
        Reader("results", (_RESULT * 3, journal), "results/h.jsonl", _results),
        Reader("claim", (_CLAIM,), "claims/t", lambda folder: claims.is_alive(folder / "claims" / "t")),
        Reader("launch", (_launch(),), "l.json", lambda folder: read_launch(folder / "l.json")),
        Reader("tasks of a plan", (_plan(),), "p.json", lambda folder: read_items(folder / "p.json")),
        Reader("deals", (_DEALS,), "deals.json", lambda folder: read_deals(StatePaths(folder))),
        Reader("table that is resumed", (table, table + b"\0" * 20 + table[:40]), "progress.csv", _resumed),
        Reader(
            "archive that is unpacked", (tar,), "coders.tar", lambda folder: reproduce(folder, folder / "new")
        ),
        Reader("record of what was sent", (_SENT,), ".sml-sync/far.jsonl", _sent),
        Reader("answer of a server", (_ANSWER, bytes(40)), "answer", _answer),
        Reader("run", (status, values, settings), "config/status.json", _run),
    )
    return {reader.name: reader for reader in readers}


def cases(count: int | None, seconds: float, seed: int = 0, only: str | None = None) -> Iterator[str]:
    """Run `count` cases, or as many as fit into `seconds`; yields faults with their case numbers."""
    known = {name: reader for name, reader in readers().items() if only in (None, name)}
    names = sorted(known)
    end = time.monotonic() + seconds
    number = seed
    with tempfile.TemporaryDirectory() as folder:
        while (count is None or number < seed + count) and time.monotonic() < end:
            name = names[number % len(names)]
            # A case with a library takes as long as hundreds of others.
            if name != "run" or number % 20 == 0 or only:
                case = Path(folder, str(number))
                fault = _fault(known[name], case, random.Random(number))  # noqa: S311  to be repeated
                shutil.rmtree(
                    case, ignore_errors=True
                )  # removing tens of thousands at the end would take minutes
                if fault:
                    yield f"{name}, case {number}: {fault}"
            number += 1


def _fault(reader: Reader, folder: Path, randomly: random.Random) -> str | None:
    path = folder / reader.file
    path.parent.mkdir(parents=True)
    path.write_bytes(mutated(randomly.choice(reader.samples), randomly))
    started = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skipped input is reported by warnings
            reader.read(folder)
    except OWN:
        pass
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} at {last.filename}:{last.lineno}"
    taken = time.monotonic() - started
    return f"took {taken:.1f} s" if taken > SECONDS else None


def _table(folder: Path) -> object:
    (path,) = folder.iterdir()
    return parse_table(ParseTask(1, 1, str(path), path.name, "", TableState()))


def _written(folder: Path) -> None:
    """Columns of any name that the logger accepts; the viewer must read them and their rows unchanged."""
    names = []
    for name in (folder / "names").read_bytes().decode("utf-8", "replace").split("\n"):
        with contextlib.suppress(MetricError):
            check_name(name)
            names.append(name)
    names = list(dict.fromkeys(names))[:50]
    if not names:
        return
    output = CsvOutput(folder / "progress.csv")
    shape = Shape(tuple(names), (None,) * len(names), (float,) * len(names))
    for step in range(4):
        output.write_row(Row(shape, [step + 0.5] * len(names), step, step, 1e9 + step, ""))
    output.close()
    parsed = parse_table(
        ParseTask(1, 1, str(folder / "progress.csv"), "progress.csv", "", TableState(), layouts.OWN)
    )
    read = {name: values.tolist() for piece in parsed.pieces for name, values in piece.columns.items()}
    if read != {name: [0.5, 1.5, 2.5, 3.5] for name in names}:
        raise AssertionError(f"wrote {names}, read {read}")


def _journal(folder: Path) -> object:
    return _journals(folder, (("a.jsonl", 0, 0),))


def _query(folder: Path) -> object:
    return parse_query((folder / "q").read_bytes().decode("utf-8", "replace"))


def _archive(folder: Path) -> None:
    mask = mask_of(folder)
    mask.file("coders.tar", (folder / "coders.tar").read_bytes())
    preview(folder, "coders.tar", mask)
    with (folder / "coders.tar").open("rb") as file, contextlib.suppress(ValueError):
        read_code(file, mask.redactor)


def _log(folder: Path) -> object:
    with (folder / "log.txt").open("rb") as file:
        part = read_log(file)
    hide_credentials(part.text)
    return Redactor(frozenset({"abcdefgh"})).data((folder / "log.txt").read_bytes())


def _masked(folder: Path) -> object:
    data = (folder / "running_config.json").read_bytes()
    return mask_of(folder).file("running_config.json", data)


def _run(folder: Path) -> object:
    data = (folder / "config" / "status.json").read_bytes()
    for name in ("parameter.json", "run_config.json"):
        (folder / "config" / name).write_bytes(data)
    (folder / "config.yaml").write_bytes(data)
    (folder / "progress.csv").write_bytes(b"step,reward\n1,2\n" + data)
    with Library([folder], folder / "workspace") as library:
        library.refresh()
        return library.columns(library.runs(), ["step", "reward"])


def _results(folder: Path) -> object:
    journals = Journals(StatePaths(folder))
    journals.refresh()
    return journals.done(), journals.attempts(["t"])


def _resumed(folder: Path) -> None:
    """Resume a run: no complete row may be lost."""
    before = (folder / "progress.csv").read_bytes()
    resume_table(RunFolder(folder), (), None)
    after = b"\n".join(path.read_bytes() for path in sorted(folder.glob("progress*.csv")))
    lost = {row for row in before.split(b"\n")[1:-1] if row and row not in after}
    if lost:
        raise AssertionError(f"lost {sorted(lost)[:3]}")


def _sent(folder: Path) -> object:
    return Manifest.load(folder, "far")


def _answer(folder: Path) -> None:
    data = (folder / "answer").read_bytes()
    reply = Reply(data[0] if data else 0, data[1:], b"about")
    for read in (Reply.check, Reply.handle, Reply.data, Reply.attributes, Reply.names, Reply.free_bytes):
        with contextlib.suppress(OSError):  # connections raise it, and it is reported
            read(reply)


def _launch() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        launch = Launch("plan", folder, ("t1", "t2"), "local", {"A": "1"}, timeout=5.0, shell={})
        launch.save()
        return launch.path.read_bytes()


def _plan() -> bytes:
    tasks = tuple(Task(("python", "main.py"), {"seed": seed, "lr": 0.1}) for seed in range(3))
    with tempfile.TemporaryDirectory() as folder:
        Plan(tasks).save(Path(folder, "p.json"))
        return Path(folder, "p.json").read_bytes()


def _events() -> bytes:
    body = b"\x09" + bytes(8) + b"\x10\x05\x2a\x02ab"
    return (len(body).to_bytes(8, "little") + bytes(4) + body + bytes(4)) * 3


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, text in (("config.json", b'{"api_key": "abcdefgh"}'), ("m" * 150, b"KEY = 'abcdefgh'\n")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return buffer.getvalue()


def main() -> int:
    """Fuzz for some minutes; the exit status is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("minutes", type=float, help="how long")
    parser.add_argument("--case", type=int, help="repeat the case with this number")
    options = parser.parse_args()
    seed = options.case if options.case is not None else random.SystemRandom().randrange(1 << 40)
    count = 0
    for fault in cases(1 if options.case is not None else None, 60 * options.minutes, seed):
        count += 1
        print(fault, flush=True)
    print(json.dumps({"faults": count, "first case": seed}))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
