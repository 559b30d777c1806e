"""The documents are true: their code runs, links lead somewhere, flags exist.

In a document, blocks marked `sh` are run in order in one empty folder with an empty home; blocks
with a title are files of that folder. `console` and `text` show what needs other machines. The Chinese
pages have the same blocks (`test_translations.py`), so the English ones alone are run.
"""

from __future__ import annotations

import os
import pkgutil
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sml_config.project_settings.scaffold import write_common_config

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# What lives in a folder is said by its README.
FOLDERS = ("benchmarks", "examples", "packages", "scripts", "tests")
PACKAGES = sorted(ROOT.glob("packages/*/README.md"))
DOCUMENTS = sorted(
    [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), *PACKAGES, *ROOT.glob("*/README.md")],
)
WALKS = [path for path in sorted(ROOT.glob("docs/**/*.md")) if not path.name.endswith(".zh.md")]
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
_FLAG = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")


@dataclass(frozen=True)
class Block:
    """One block of code of a document."""

    language: str
    title: str | None
    text: str


def blocks(path: Path) -> list[Block]:
    matches = _BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [Block(match[1], match[2], match[3]) for match in matches]


def test_the_help_of_dev_names_tests_that_exist() -> None:
    done = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True)
    named = re.findall(r"\btests/[\w/-]+", done.stdout)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("path", WALKS, ids=lambda path: path.stem)
def test_what_a_document_shows_runs(path: Path, tmp_path: Path) -> None:
    runnable = [block for block in blocks(path) if block.title or block.language == "sh"]
    if not any(block.language == "sh" for block in runnable):
        return
    (home := tmp_path / "home").mkdir()
    (work := tmp_path / "work").mkdir()
    (work / "examples").symlink_to(ROOT / "examples")
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
    }
    for block in runnable:
        if block.title:
            (work / block.title).parent.mkdir(parents=True, exist_ok=True)
            (work / block.title).write_text(block.text, encoding="utf-8")
            continue
        done = subprocess.run(
            ["sh", "-e", "-c", block.text],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, (
            f"{block.text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["smart-logger", "sml-config", "sml-logger"])
def test_the_ten_lines_of_a_package_run_in_a_new_project(name: str, tmp_path: Path) -> None:
    (shown,) = [block.text for block in blocks(ROOT / "packages" / name / "README.md")]
    assert len([line for line in shown.splitlines() if line]) < 20
    write_common_config(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", shown], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_readme_of_a_folder_names_what_lives_there(folder: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    inside = {Path(name).relative_to(folder).parts[0] for name in listed.split()} - {"README.md"}
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    shared = {"conftest.py", *(path.parent.name for path in PACKAGES)}
    assert [name for name in sorted(inside - shared) if name not in text] == []


@pytest.mark.parametrize("name", ["architecture.md", "architecture.zh.md"])
def test_the_architecture_names_code_that_exists(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    entry_points = {"sml_viewer.readers", "sml_viewer.exports"}
    named = set(re.findall(r"`((?:sml_[a-z]+)(?:\.\w+)+)`", text)) - entry_points
    assert len(named) > 20
    for dotted in sorted(named):
        pkgutil.resolve_name(dotted)  # raises, and names what is missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    broken = [
        link for link in _LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_flag_of_our_commands_exists(path: Path) -> None:
    known = set(_FLAG.findall((ROOT / "docs" / "commands.md").read_text(encoding="utf-8")))
    shown = [block.text for block in blocks(path) if block.language in ("sh", "console")]
    lines = [line.partition("#")[0] for text in shown for line in text.replace("\\\n", " ").splitlines()]
    ours = [line for line in lines if re.match(r"(sml|smart)-\w+ ", line)]
    unknown = [
        flag
        for line in ours
        for flag in _FLAG.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", line))
        if flag not in known
    ]
    assert unknown == []


def test_no_document_names_a_folder_of_somebodys_machine() -> None:
    named = [
        path.name for path in DOCUMENTS if re.search(r"/(?:root|tmp|work)/", path.read_text(encoding="utf-8"))
    ]
    assert named == []
