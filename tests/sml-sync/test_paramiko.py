"""paramiko as the road: what it cannot do is said by its name, and the oldest that is allowed works."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sml_sync

from .conftest import Server, make_run, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen", "ssh")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


@pytest.mark.parametrize(
    "line",
    [
        "Include other",
        "Match all",
        "CertificateFile x",
        "IdentityAgent none",
        "KnownHostsCommand /bin/true",
        "CanonicalizeHostname yes",
        "PKCS11Provider x",
    ],
)
def test_what_it_cannot_do_is_refused_by_its_name(sshd: Server, run: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "config").write_text(f"Host *\n  {line}\n")
    target = dataclasses.replace(sshd.target, client="paramiko", ssh_config=tmp_path / "config")
    said = sml_sync.sync(run, [target], tmp_path / "far" / "run").text
    assert f"has {line.split()[0]}, which paramiko does not support" in said
    assert "install an OpenSSH client" in said


def test_no_private_member_of_it_is_used() -> None:
    sources = Path(str(sml_sync.__file__)).parent.rglob("*.py")
    used = [
        (path.name, name) for path in sources for name in PRIVATE.findall(path.read_text(encoding="utf-8"))
    ]
    assert used == []


# A name with an underscore of something that is not `self` or `cls`.
PRIVATE = re.compile(r"\b(?:transport|channel|client|paramiko|packetizer)\._[a-z]\w*")

SENDER = """
import sys, paramiko, sml_sync
from pathlib import Path
run, far, port, user, key, known = sys.argv[1:]
target = sml_sync.Target("127.0.0.1", int(port), user, None, key, Path(known), client="paramiko")
report = sml_sync.sync(run, target, far)
print(paramiko.__version__)
sys.exit(0 if report.ok else report.text)
"""


def test_the_oldest_that_is_allowed_works(sshd: Server, run: Path, tmp_path: Path) -> None:
    project = Path(__file__).parents[2] / "packages" / "sml-sync" / "pyproject.toml"
    # An upper bound, too: the next release may change what it likes.
    oldest = re.search(r'"paramiko>=([\d.]+),<\d+"', project.read_text(encoding="utf-8"))
    assert oldest is not None
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is None:
        pytest.skip("no pip here")
    python = ["--python-version", f"{sys.version_info[0]}.{sys.version_info[1]}", "--only-binary", ":all:"]
    words = [pip, "install", "-q", "--target", tmp_path / "old", *python, f"paramiko=={oldest[1]}.*"]
    if subprocess.run(words, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("that version cannot be installed here")
    place = sshd.target
    words = [
        run,
        tmp_path / "far" / "run",
        str(place.port),
        place.user,
        place.key_filename,
        place.known_hosts,
    ]
    # It warns of ciphers that later releases of cryptography give up.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SENDER, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "old")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(oldest[1])
    assert tree(tmp_path / "far" / "run") == tree(run)
