"""Every document for users exists in English and in Chinese, with the same structure, code and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for pattern in (
        *("README.md", "CONTRIBUTING.md", "docs/**/*.md"),
        *("examples/README.md", "packages/README.md", "packages/*/README.md"),
    )
    for path in ROOT.glob(pattern)
    if not path.name.endswith(".zh.md")
)
# Written by scripts from English texts: the Chinese page names the same things in its own layout.
GENERATED = ("commands.md", "python.md", "plot-options.md", "benchmarks.md")
TRANSLATED = [path for path in PAGES if path.name not in GENERATED]
CHINESE = [path.with_suffix(".zh.md") for path in PAGES]

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) +(.*)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)([^)#]*)(#[^)]*)?\)")


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def headings(path: Path) -> list[tuple[int, str]]:
    return [(len(match[1]), match[2]) for match in _HEADING.finditer(prose(path))]


def blocks_without_comments(path: Path) -> list[str]:
    """The code of a page; comments are prose and may be translated."""
    texts: Iterator[str] = (match[0] for match in _FENCE.finditer(path.read_text(encoding="utf-8")))
    return [re.sub(r"(^|\s+)#[^\n]*", "", text) for text in texts]


def table_rows(path: Path) -> int:
    return len(re.findall(r"^\|", prose(path), re.MULTILINE))


def list_items(path: Path) -> int:
    return len(re.findall(r"^(?:-|\d+\.) ", prose(path), re.MULTILINE))


def links(path: Path) -> list[tuple[str, str, str]]:
    """Text, path and anchor of each link inside the repository."""
    return [(match[1], match[2], (match[3] or "")[1:]) for match in _LINK.finditer(prose(path))]


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for _, text in headings(path)}


@pytest.mark.parametrize("path", PAGES, ids=_id)
def test_every_page_exists_in_chinese(path: Path) -> None:
    assert path.with_suffix(".zh.md").is_file()


@pytest.mark.parametrize("path", TRANSLATED, ids=_id)
def test_both_languages_have_the_same_structure(path: Path) -> None:
    chinese = path.with_suffix(".zh.md")
    assert [level for level, _ in headings(chinese)] == [level for level, _ in headings(path)]
    assert table_rows(chinese) == table_rows(path)
    assert list_items(chinese) == list_items(path)


@pytest.mark.parametrize("path", TRANSLATED, ids=_id)
def test_both_languages_show_the_same_code(path: Path) -> None:
    assert blocks_without_comments(path.with_suffix(".zh.md")) == blocks_without_comments(path)


@pytest.mark.parametrize("path", PAGES, ids=_id)
def test_both_languages_link_to_each_other(path: Path) -> None:
    chinese = path.with_suffix(".zh.md")
    assert ("中文", chinese.name) in {(text.rstrip("说明"), target) for text, target, _ in links(path)}
    assert ("English", path.name) in {(text, target) for text, target, _ in links(chinese)}


@pytest.mark.parametrize("path", TRANSLATED, ids=_id)
def test_both_languages_link_to_the_same_pages(path: Path) -> None:
    chinese = path.with_suffix(".zh.md")
    ours = {_in_chinese(path.parent, target) for _, target, _ in links(path)} - {chinese.resolve()}
    theirs = {_in_chinese(path.parent, target) for _, target, _ in links(chinese)} - {chinese.resolve()}
    assert theirs == ours


def _in_chinese(folder: Path, target: str) -> Path:
    """The Chinese page of a link's target, where there is one."""
    path = (folder / target).resolve()
    page = path / "README.md" if path.is_dir() else path
    chinese = page.with_suffix(".zh.md")
    return chinese if chinese.exists() else path


@pytest.mark.parametrize("path", CHINESE, ids=_id)
def test_a_chinese_page_links_to_the_chinese_page(path: Path) -> None:
    other = {
        target
        for text, target, _ in links(path)
        if text not in ("English", "英文页")
        and _in_chinese(path.parent, target) != (path.parent / target).resolve()
    }
    assert other == set()


@pytest.mark.parametrize("path", [*PAGES, *CHINESE], ids=_id)
def test_every_anchor_of_a_link_exists(path: Path) -> None:
    missing = [
        (target, anchor)
        for _, target, anchor in links(path)
        if anchor and anchor not in anchors(path.parent / target if target else path)
    ]
    assert missing == []


def test_the_chinese_commands_name_every_command() -> None:
    named = (ROOT / "docs/commands.zh.md").read_text(encoding="utf-8")
    commands = [text for level, text in headings(ROOT / "docs/commands.md") if level > 1]
    assert [name for name in commands if f"`{name}`" not in named and f"## {name}\n" not in named] == []


def test_the_chinese_python_page_names_every_public_name() -> None:
    named = (ROOT / "docs/python.zh.md").read_text(encoding="utf-8")
    names = re.findall(r"^- `(\w+)", (ROOT / "docs/python.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) > 80
    assert [name for name in names if f"`{name}`" not in named] == []


def test_the_chinese_benchmarks_explain_every_section() -> None:
    ours, theirs = (headings(ROOT / "docs" / name) for name in ("benchmarks.md", "benchmarks.zh.md"))
    assert len(theirs) == len(ours)
