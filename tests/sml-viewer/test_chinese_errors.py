"""Every error that reaches the page has Chinese: by its source, and provoked one by one."""

from __future__ import annotations

import ast
import errno
import io
import json
import os
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import sml_viewer
from sml_viewer import errors
from sml_viewer.archives.reading import TooLargeError
from sml_viewer.errors import ReopenError, SmlViewerError
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import translated
from sml_viewer.web import errors as page_errors
from sml_viewer.web.errors import StartError
from sml_viewer.web.http import request

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z][a-z]+(?: [a-z]{2,}){2,}")
# The command line alone, which is English, raises in these.
_COMMANDS = (
    "cli/", "importing/", "discovery/roots.py", "web/startup.py", "api.py", "config/plot_config.py",
    "run_views/compare.py", "render/markdown_report.py",
)  # fmt: skip


def error_names() -> set[str]:
    """The classes of errors whose text the page shows."""
    modules = (errors, page_errors, request)
    classes = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    shown = [each for each in classes if issubclass(each, SmlViewerError)]
    return {each.__name__ for each in shown if not issubclass(each, (StartError, ReopenError))} | {
        TooLargeError.__name__, "ArchiveError", "_NoCodeError",
    }  # fmt: skip


def untranslatable(tree: ast.AST, names: set[str]) -> list[int]:
    """The lines of a module that raise such an error with plain text instead of a `Message`."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if isinstance(node.exc.func, ast.Name) and node.exc.func.id in names and node.exc.args
        if isinstance(text := node.exc.args[0], (ast.Constant, ast.JoinedStr, ast.BinOp))
        or (isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute) and text.func.attr == "join")
    ]


def test_every_error_of_the_page_is_raised_with_a_message() -> None:
    package, names = Path(sml_viewer.__file__).parent, error_names()
    found = {
        f"{path.relative_to(package)}:{line}"
        for path in package.rglob("*.py")
        for line in untranslatable(ast.parse(path.read_text("utf-8")), names)
    }
    assert sorted(each for each in found if not each.startswith(_COMMANDS)) == []


@pytest.mark.parametrize(
    "number",
    ["EACCES", "ENOENT", "ENOSPC", "EROFS", "EISDIR", "ENOTDIR", "EIO", "EDQUOT", "EMFILE", "ESTALE",
     "ELOOP", "EBUSY", "EPERM", "ENAMETOOLONG", "EFBIG", "EEXIST", "EINVAL", "ENOMEM"],
)  # fmt: skip
def test_a_reason_of_the_system_has_chinese(number: str) -> None:
    code = getattr(errno, number)
    assert CHINESE.search(translated(reason_of(OSError(code, os.strerror(code))), "zh"))


def chinese_of(answer: Any) -> str:
    """The words of a refusal: message and remedy."""
    error = answer.get_json()["error"]
    return " ".join([error["message"], error.get("remedy", "")])


def is_chinese(text: str) -> bool:
    return bool(CHINESE.search(text)) and not ENGLISH.search(text)


@pytest.mark.parametrize(
    "address",
    ["runs/{id}/preview?name=none.txt", "runs/{id}/preview?name=../x", "runs/{id}/image?name=progress.csv",
     "runs/{id}/media/7", "runs/{id}/media/7/content", "runs/{id}/series?y=none", "runs/{id}/preview",
     "runs/none", "runs?column=none%3Ax", "runs?" + "&".join(f"column=last%3A{n}" for n in range(400)),
     "coverage?plan=none", "zip/none", "nowhere", "figures/file?name=none", "drawn/file?name=none",
     "configs/a%2Fb", "search?q=" + "x" * 5000, "folders?path=relative", "events?data=relative"],
)  # fmt: skip
def test_a_refused_address_is_answered_in_chinese(page, make_run, library, address: str) -> None:
    make_run("a", "step,reward\n0,1\n", seed=1)
    library.refresh()
    address = f"/api/v1/{address.format(id=library.runs()[0].id)}"
    answer = page.get(address, headers={"Accept-Language": "zh-CN"})
    assert is_chinese(chinese_of(answer)), chinese_of(answer)
    english = page.get(address, headers={"Accept-Language": "en"}).get_json()["error"]["message"]
    assert not CHINESE.search(english)


BODIES: list[tuple[str, object]] = [
    ("curves", []),
    ("curves", {"config": {"NO_SUCH": 1}}),
    ("curves", {"config": [1]}),
    ("curves", {"config": {"SMOOTH_RADIUS": "x", "overrides": 3}}),
    ("curves", {"config": {"DATA_IGNORE": [{"seed": "x" * 5000}]}}),
    ("curves", {"config": {"GROUP": "x"}, "where": 3}),
    ("curves", {"config": {}, "where": "x" * 5000}),
    ("curves", {"config": {}, "runs": "x"}),
    ("curves", {"config": {}, "runs": ["gone"]}),
    ("curves", {"config": {}, "where": "seed >"}),
    ("figure", {"config": {"FIXED_Y_LABEL": "$\\frac$"}}),
    ("export", {"config": {}, "view": "plot", "format": "none"}),
    ("charts/panels", {"config": {}, "metrics": 3}),
    ("share", {"config": {}, "panels": [1]}),
    ("share", {"config": {}, "lines": "x"}),
    ("annotations", {"changes": 3}),
    ("annotations", {"changes": [{"ids": ["gone"], "add": ["x"]}]}),
    ("annotations", {"changes": [{"ids": "x", "add": [1], "note": 3, "hidden": "x", "odd": 1}]}),
    ("annotations", {"changes": [{"ids": ["{id}"], "add": ["x" * 500]}]}),
    ("annotations", {"changes": [{"ids": ["{id}"], "add": [f"t{n}" for n in range(99)]}]}),
    ("annotations", {"changes": [{"ids": ["{id}"], "note": "x" * 300_000}]}),
    ("annotations", {"changes": [{"ids": []}] * 100_000}),
    ("zip", {"ids": []}),
    ("zip", {"ids": ["gone"]}),
    ("configs", {"action": "none", "name": "x"}),
    ("configs", {"action": "copy", "name": "none", "to": "b"}),
    ("configs", {"action": "delete", "name": "none"}),
    ("configs", {"action": "restore", "name": "none"}),
    ("configs", {"action": "new", "name": "a/b", "config": {}}),
    ("configs", {"action": "new", "name": "x" * 300, "config": {}}),
    ("configs/a", {"config": {}, "revision": "other"}),
    ("language", {"language": "xx"}),
]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(("address", "body"), BODIES)
def test_a_refused_request_is_answered_in_chinese(page, library, address: str, body: Any) -> None:
    library.refresh()
    text = json.dumps(body).replace("{id}", library.runs()[0].id)
    content = json.loads(text)
    if isinstance(content, dict):
        content["language"] = content.get("language", "zh")
    page.post("/api/v1/configs", {"action": "new", "name": "a", "config": {}})
    answer = page.post(f"/api/v1/{address}", content, **{"Accept-Language": "zh-CN"})
    assert answer.status_code != 404 or answer.is_json
    assert "error" in answer.get_json(), answer.get_json()
    assert is_chinese(chinese_of(answer)), chinese_of(answer)


def test_what_cannot_be_saved_is_told_in_chinese(page, make_run, library, workspace: Path) -> None:
    make_run("a", "step,reward\n0,1\n", seed=1)
    library.refresh()
    for folder in ("annotations", "configurations"):
        (workspace / folder).mkdir(parents=True, exist_ok=True)
        for path in (workspace / folder).iterdir():
            path.unlink()
        (workspace / folder).rmdir()
        (workspace / folder).write_text("")
    change = {"changes": [{"ids": [library.runs()[0].id], "note": "x"}]}
    for address, body in (
        ("annotations", change),
        ("configs", {"action": "new", "name": "x", "config": {}}),
    ):
        answer = page.post(f"/api/v1/{address}", body, **{"Accept-Language": "zh-CN"})
        assert is_chinese(chinese_of(answer)), chinese_of(answer)


def archive_faults(page, run: str, name: str, member: str = "") -> str:
    address = f"/api/v1/runs/{run}/preview?name={name}&lang=zh" + (f"&member={member}" if member else "")
    return page.get(address).get_json()["fault"]


def test_archives_that_cannot_be_read_are_told_in_chinese(page, make_run, library) -> None:
    folder = make_run("a", "step,reward\n0,1\n", seed=1)
    (folder / "cut.tar.gz").write_bytes(b"\x1f\x8b\x08" + bytes(40))
    (folder / "cut.zip").write_bytes(b"PK\3\4" + bytes(40))
    with zipfile.ZipFile(folder / "odd.zip", "w", zipfile.ZIP_BZIP2) as odd:
        odd.writestr("x.txt", "x" * 1000)
    sparse = tarfile.TarInfo("x")
    sparse.pax_headers = {"comment": "x" * 100_000}
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(sparse)
    (folder / "long.tar").write_bytes(sink.getvalue())
    library.refresh()
    run = library.runs()[0].id
    told = [
        archive_faults(page, run, "cut.tar.gz"), archive_faults(page, run, "cut.zip"),
        archive_faults(page, run, "odd.zip", "x.txt"), archive_faults(page, run, "long.tar"),
    ]  # fmt: skip
    assert told[:2] == ["已损坏、不完整，或不是存档文件"] * 2
    assert all(map(is_chinese, told)), told


def test_code_that_cannot_be_compared_is_told_in_chinese(page, make_run, library) -> None:
    for name, text in (("a", b"no archive"), ("b", b"neither")):
        (make_run(name, "step,reward\n0,1\n", seed=name) / "coders.tar").write_bytes(text)
    library.refresh()
    ids = "&".join(f"id={run.id}" for run in library.runs())
    (other,) = page.get(f"/api/v1/compare/code?{ids}&lang=zh").get_json()["others"]
    assert other["missing"] == "a：代码存档有问题（无法读取：已损坏、不完整，或不是存档文件）"


def test_notes_on_compared_files_are_chinese(page, make_run, library) -> None:
    for name in "ab":
        folder = make_run(name, "step,reward\n0,1\n", seed=name)
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w:gz") as archive:
            for file, content in (("big.txt", name.encode() * 500_000), ("data", name.encode() + bytes(9))):
                member = tarfile.TarInfo(file)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        for file in ("codes.tar", "codes.tar.gz", "code.tar.gz"):
            (folder / file).write_bytes(sink.getvalue())
    library.refresh()
    ids = "&".join(f"id={run.id}" for run in library.runs())
    (other,) = page.get(f"/api/v1/compare/code?{ids}&lang=zh").get_json()["others"]
    assert [file["note"] for file in other["files"]] == ["大于 400 KB", "不是文本"]
