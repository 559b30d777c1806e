"""Archives that were made to stall or fill who looks into them."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import os
import random
import resource
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from sml_viewer.archives import worker as archive_worker

pytestmark = pytest.mark.slow

TABLE = "step,reward\n0,1\n"
SECONDS = 8
MEGABYTES = 400


def packed_zeros(header: bytes, size: int) -> bytes:
    """A gzip of a header and as many zeros, made without packing them all; only its end is not right."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(header) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (size >> 20) + packer.flush()


def header_of(kind: bytes, size: int, name: str = "././@PaxHeader") -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member.tobuf(tarfile.USTAR_FORMAT)


def many_members(count: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    return b"".join(header_of(kind, 0, f"f{n}") for n in range(count)) + bytes(1024)


def pax(pairs: int) -> bytes:
    return b"".join(b"%d k%d=v\n" % (len(b" k%d=v\n" % n) + 1, n) for n in range(10, 10 + pairs))


def attributes(kind: bytes, body: bytes) -> bytes:
    return header_of(kind, len(body)) + body + bytes(-len(body) % 512)


def make(kind: str) -> bytes:
    if kind == "pax header of 300 MB":
        return packed_zeros(header_of(tarfile.XHDTYPE, 300 << 20), 300 << 20)
    if kind == "long name of 300 MB":
        return packed_zeros(header_of(tarfile.GNUTYPE_LONGNAME, 300 << 20), 300 << 20)
    if kind == "pax header of 60 MB, plain":
        return header_of(tarfile.XHDTYPE, 60 << 20) + bytes(60 << 20) + bytes(1024)
    if kind == "global header for every member":
        each = attributes(tarfile.XHDTYPE, pax(1)) + header_of(tarfile.REGTYPE, 0, "x")
        return attributes(tarfile.XGLTYPE, pax(6000)) + each * 15_000 + bytes(1024)
    if kind == "200,000 members":
        return gzip.compress(many_members(200_000), 1)
    if kind == "100,000 members, plain":
        return many_members(100_000)
    if kind == "chain of headers":
        return attributes(tarfile.XHDTYPE, pax(1)) * 40_000 + bytes(1024)
    if kind == "file with holes and no map":
        body = pax(1) + b"".join(
            b"%d GNU.sparse.%s\n" % (len(text) + 14, text)
            for text in (b"major=1", b"minor=0", b"name=x", b"realsize=99999999")
        )
        return (
            attributes(tarfile.XHDTYPE, body) + header_of(tarfile.REGTYPE, 50 << 20, "x") + b"9" * (50 << 20)
        )
    return lzma.compress(header_of(tarfile.REGTYPE, 900 << 20, "x") + bytes(300 << 20), preset=1)


KINDS = [
    "pax header of 300 MB", "long name of 300 MB", "pax header of 60 MB, plain",
    "chain of headers",
    "global header for every member", "200,000 members", "100,000 members, plain",
    "file with holes and no map", "xz of 300 MB",
]  # fmt: skip

LOOK = """
import resource, sys, time
from pathlib import Path
from sml_viewer.run_views.code_diff import read_code
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web.files.previews import preview
run = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
mask = mask_of(run)
mask.file("coders.tar", (run / "coders.tar").read_bytes())
shown = preview(run, "coders.tar", mask)
try:
    read_code((run / "coders.tar").open("rb"), mask.redactor)
except ValueError as error:
    print(error)
used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(time.process_time() - started, used, shown)
"""


@pytest.mark.serial
@pytest.mark.parametrize("kind", KINDS)
def test_a_code_archive_that_is_a_bomb_costs_little_time_and_memory(make_run, kind: str) -> None:
    run = make_run("a", TABLE)
    (run / "config" / "running_config.json").write_text('{"MAIN_MACHINE_PASSWD": "hunter2-Zebra"}')
    (run / "coders.tar").write_bytes(make(kind))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK, str(run)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seconds, megabytes, _ = done.stdout.splitlines()[-1].split(" ", 2)
    assert float(seconds) < SECONDS
    assert int(megabytes) < MEGABYTES


def test_a_zip_with_a_million_members_is_not_listed(page, library, make_run) -> None:
    run = make_run("a", TABLE)
    library.refresh()
    with zipfile.ZipFile(run / "x.zip", "w") as archive:
        archive.writestr("x", "hello")
    data = bytearray((run / "x.zip").read_bytes())
    at = data.rfind(b"PK\5\6")
    data[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    (run / "x.zip").write_bytes(data)
    (found,) = library.runs()
    answer = page.get(f"/api/v1/runs/{found.id}/preview?name=x.zip").get_json()
    assert "more than" in answer["fault"]


def test_a_zipped_member_that_is_larger_than_it_says_is_not_unpacked_whole(page, library, make_run) -> None:
    run = make_run("a", TABLE)
    library.refresh()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w") as member:
        for _ in range(200):
            member.write(bytes(1 << 20))
    data = bytearray(made.getvalue())
    at = data.rfind(b"PK\1\2")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    (run / "x.zip").write_bytes(data)
    (found,) = library.runs()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    answer = page.get(f"/api/v1/runs/{found.id}/preview?name=x.zip&member=x")
    assert answer.status_code == 200
    assert time.process_time() - started < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < 100


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz"])
def test_a_compressed_code_archive_is_looked_into_and_masked(make_run, ending: str) -> None:
    from sml_viewer.security.find_secrets import mask_of
    from sml_viewer.web.files.previews import preview

    run = make_run("a", TABLE)
    secret = "hunter2-Zebra"
    with tarfile.open(run / "coders.tar", f"w:{ending}") as archive:
        for name, text in (
            ("config.json", f'{{"api_key": "{secret}"}}'),
            ("main.py", f"KEY = '{secret}'\n" * 9),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    mask = mask_of(run)
    assert mask.text(secret) == "<redacted>"
    listed = preview(run, "coders.tar", mask)["members"]
    assert [one["name"] for one in listed] == ["config.json", "main.py"]
    assert secret not in preview(run, "coders.tar", mask, member="main.py")["text"]
    sent, places = mask.file("coders.tar", (run / "coders.tar").read_bytes())
    assert places == 10
    assert sent.count(b"<redacted>") == 10


BUSY = """
import io, os, sys, threading, time
from sml_viewer.archives import worker as archive_worker
threading.Thread(
    target=archive_worker.run_job,
    args=("differences", [open(name, "rb") for name in sys.argv[1:]]),
    kwargs={"values": [[], []], "only": None},
    daemon=True,
).start()
while not archive_worker._pool._slots._value < 2:
    time.sleep(0.01)
time.sleep(1)
print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
for task in os.listdir("/proc/self/task"):
    print(open(f"/proc/self/task/{task}/children").read(), flush=True)
print("end", flush=True)
time.sleep(60)
"""


def slow_to_compare(seed: int) -> dict[str, bytes]:
    """Files of lines that come again and again, in another order for each seed."""
    lines = [b"%d\n" % (n % 150) for n in range(19_000)]
    random.Random(seed).shuffle(lines)
    return {f"f{n}.py": b"".join(lines) for n in range(20)}


def code_of(run: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(run / "coders.tar", "w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))


def test_a_header_of_three_gigabytes_is_refused_with_a_reason_and_costs_the_page_nothing(
    page, library, make_run
) -> None:
    run = make_run("a", TABLE)
    (run / "coders.tar").write_bytes(packed_zeros(header_of(tarfile.XHDTYPE, 3 << 30), 3 << 30))
    library.refresh()
    (found,) = library.runs()
    address = f"/api/v1/runs/{found.id}"
    assert page.get(address).status_code == 200
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        assert (
            page.get(f"{address}/preview?name=coders.tar").get_json()["fault"] == "unpacks to more than 50 MB"
        )
        assert page.get(f"{address}/log?name=progress.csv").status_code == 200
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < 20


def test_an_archive_in_an_archive_is_not_looked_into(page, library, make_run) -> None:
    run = make_run("a", TABLE)
    inner = b"x" * 100
    for _ in range(30):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            member = tarfile.TarInfo("inner.tar.gz")
            member.size = len(inner)
            archive.addfile(member, io.BytesIO(inner))
        inner = made.getvalue()
    (run / "coders.tar").write_bytes(inner)
    library.refresh()
    (found,) = library.runs()
    address = f"/api/v1/runs/{found.id}/preview?name=coders.tar"
    assert [one["name"] for one in page.get(address).get_json()["members"]] == ["inner.tar.gz"]
    assert page.get(f"{address}&member=inner.tar.gz").get_json()["kind"] == "binary"


def test_code_that_takes_too_long_to_compare_ends_the_worker_alone(
    page, library, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_worker, "_MOST_WAIT", 600.0)  # its own clock ends it, not a busy machine's
    for seed in (1, 2):
        code_of(make_run(f"run{seed}", TABLE, seed=seed), slow_to_compare(seed))
    library.refresh()
    one, other = (run.id for run in library.runs())
    address = f"/api/v1/compare/code?id={one}&id={other}"
    before = time.process_time()
    reason = page.get(address).get_json()["others"][0]["missing"]
    assert "takes more than 8 s or 500 MB" in reason
    started = time.monotonic()
    assert page.get(address).get_json()["others"][0]["missing"] == reason
    assert time.monotonic() - started < 4  # it is remembered
    assert time.process_time() - before < 5
    listed = page.get(f"/api/v1/runs/{one}/preview?name=coders.tar").get_json()
    assert "takes more than" in listed["fault"]
    code_of(Path(library.runs()[0].path), {"f.py": b"x"})
    assert len(page.get(f"/api/v1/runs/{one}/preview?name=coders.tar").get_json()["members"]) == 1


def test_a_run_whose_archive_could_not_be_looked_into_shows_no_text(
    make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sml_viewer.security.find_secrets import mask_of

    run = make_run("a", TABLE)
    code_of(run, {"config.json": b'{"api_key": "hunter2-Zebra"}'})
    monkeypatch.setattr(archive_worker, "_MOST_WAIT", 0.0)
    archive_worker.close()
    assert mask_of(run).text("hunter2-Zebra") == "<redacted>"
    assert mask_of(run).is_blind
    monkeypatch.undo()
    monkeypatch.setattr(archive_worker, "_refused", archive_worker._Refused())
    assert mask_of(run).text("a hunter2-Zebra") == "a <redacted>"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks Linux which children a process has")
def test_a_worker_ends_with_the_process_that_started_it_even_while_it_works(make_run) -> None:
    archives = []
    for seed in (1, 2):
        run = make_run(f"run{seed}", TABLE)
        code_of(run, slow_to_compare(seed))
        archives.append(run / "coders.tar")
    command = [sys.executable, "-c", BUSY, *archives]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = set()
        for line in process.stdout:
            if line == "end\n":
                break
            workers |= {int(word) for word in line.split()}
        assert workers
        assert all(is_running(worker) for worker in workers)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    end = time.monotonic() + 10
    while any(is_running(worker) for worker in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(is_running(worker) for worker in workers)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_a_worker_that_was_killed_is_replaced(make_run) -> None:
    from sml_viewer.security.find_secrets import mask_of
    from sml_viewer.web.files.previews import preview

    run = make_run("a", TABLE)
    code_of(run, {"main.py": b"x = 1"})
    for _ in range(3):
        assert len(preview(run, "coders.tar", mask_of(run))["members"]) == 1
        for worker in archive_worker._pool._free:
            os.kill(worker._process.pid, signal.SIGKILL)
            worker._process.wait(10)
