"""Archives that were made to stall or fill who looks into them."""

from __future__ import annotations

import gzip
import io
import lzma
import resource
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib

import pytest

TABLE = "step,reward\n0,1\n"
SECONDS = 8
MEGABYTES = 400


def packed_zeros(header: bytes, size: int) -> bytes:
    """A gzip of a header, as many zeros, and the end of an archive, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [packer.compress(header)]
    zeros = bytes(1 << 20)
    pieces += [packer.compress(zeros) for _ in range(size >> 20)]
    return b"".join([*pieces, packer.flush()])


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
    read_code((run / "coders.tar").open("rb"), mask)
except ValueError as error:
    print(error)
used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(time.process_time() - started, used, shown)
"""


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
