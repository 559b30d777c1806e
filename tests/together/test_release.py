"""What is said against a release, and against a licence that comes along."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.slow

VERSION = (ROOT / "VERSION").read_text().strip()


def git(checkout: Path, *words: str) -> None:
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *person, *words], cwd=checkout, check=True, capture_output=True)


def script(checkout: Path, code: str) -> str:
    """What a line prints that uses the scripts of a checkout."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout / "scripts", check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("VERSION", "CHANGELOG.md", "scripts/release.py", "scripts/licences.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "-q")
    return folder


def test_all_that_a_release_lacks_is_said_at_once(checkout: Path) -> None:
    ask = f"import release; print(release.faults_of_tree({VERSION!r}))"
    changes = checkout / "CHANGELOG.md"
    changes.write_text("# Changelog\n\n## [Unreleased]\n")
    faults = script(checkout, ask)
    assert "not committed" in faults
    assert "rename [Unreleased]" in faults
    changes.write_text(f"# Changelog\n\n## [{VERSION}] - 2026-01-31\n")
    (checkout / ".gitignore").write_text("__pycache__/\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "all")
    assert script(checkout, ask) == "[]\n"
    git(checkout, "tag", f"v{VERSION}")
    assert "was released before" in script(checkout, ask)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A package index that has one name, with a version for testers alone."""
    folder = tmp_path / "index"
    page = folder / "simple" / "sml-sync" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="sml_sync-0.9b1.tar.gz">sml_sync-0.9b1.tar.gz</a>')
    handler = functools.partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


def test_a_name_is_free_only_if_the_index_says_so(checkout: Path, index: ThreadingHTTPServer) -> None:
    def faults(name: str) -> str:
        return script(checkout, f"import release; print(*release.faults_of_name({name!r}))").strip()

    assert "the index has 0.9b1, never released here" in faults("sml-sync")
    assert faults("sml-config") == ""
    index.shutdown()
    index.server_close()
    assert "sml-config: the index does not answer" in faults("sml-config")


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("BSD License", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", True),
        ("GPL-3.0-only OR MIT", True),
        ("Apache-2.0 AND (MIT OR GPL-3.0-only)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT AND GPL-3.0)", False),
        ("MIT and GPL-3.0", False),
        ("Apache-2.0 AND (MIT AND GPL-3.0-only)", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("LicenseRef-not-MIT", False),
        ("MIT/GPL", False),
        ("MIT, GNU General Public License", False),
        ("GNU Affero General Public License v3; MIT License", False),
        ("UNKNOWN", False),
    ],
)
def test_every_part_of_a_licence_must_be_allowed(checkout: Path, licence: str, allowed: bool) -> None:
    ask = f"import licences; print(licences.may_come_along({licence!r}))"
    assert script(checkout, ask) == f"{allowed}\n"
