"""The shape of the sources: which package imports which, and how long modules and functions are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {path.parent.name: path for path in ROOT.glob("packages/*/src/*/__init__.py")}
# What each package may import of the family.
ARROWS = {
    "sml_config": set(),
    "sml_logger": {"sml_config"},
    "sml_launch": {"sml_config"},
    "sml_sync": {"sml_config"},
    "sml_viewer": {"sml_config"},
    "smart_logger": {"sml_config", "sml_logger", "sml_launch", "sml_sync", "sml_viewer"},
}
MODULES = sorted(ROOT.glob("packages/*/src/**/*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
# How a docstring begins to tell why its module or function is longer.
REASON = "It is longer than other"


def imported(tree: ast.AST) -> set[str]:
    """The first names of all absolute imports below a node."""
    found = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return found | {
        str(node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    family = set(ARROWS) - {package}
    found = {
        (path.name, name)
        for path in SOURCES[package].parent.rglob("*.py")
        for name in imported(parse(path)) & family - ARROWS[package]
    }
    assert found == set()


def test_the_one_door_sideways_is_the_loggers_to_sync() -> None:
    loads = re.compile(r'import_module\(f?"(sml_\w+)"')
    doors = {
        (path.parent.name, name)
        for path in MODULES
        for name in loads.findall(path.read_text(encoding="utf-8"))
    }
    assert {(package, name) for package, name in doors if package not in (name, "smart_logger")} == {
        ("sml_logger", "sml_sync")
    }


@pytest.mark.parametrize("package", ["sml_config", "sml_logger"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    folder = SOURCES[package].parent
    names = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    arrows = {name: siblings(folder / f"{name}.py") & names for name in names}
    while free := {name for name, below in arrows.items() if not below & arrows.keys()}:
        arrows = {name: below for name, below in arrows.items() if name not in free}
    assert arrows == {}, "these are in circles, or above one"


def siblings(path: Path) -> set[str]:
    """The modules of its own package that a module imports, in functions too, but not for types alone."""
    tree = parse(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found


def test_the_engine_imports_no_flask_and_the_page_no_pandas() -> None:
    viewer = SOURCES["sml_viewer"].parent
    web = {"flask", "cheroot", "werkzeug"}
    for path in viewer.rglob("*.py"):
        names = imported(parse(path))
        assert not names & ({"pandas"} if "page" in path.relative_to(viewer).parts else web), path.name


def test_a_module_is_short_or_says_why_not() -> None:
    long = [path for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE]
    assert [path.name for path in long if REASON not in (ast.get_docstring(parse(path)) or "")] == []


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    everywhere = [
        *MODULES,
        *ROOT.glob("benchmarks/*.py"),
        *ROOT.glob("scripts/*.py"),
        *ROOT.glob("tests/**/*.py"),
    ]
    theirs = ROOT / "tests" / "together" / "old_scripts"  # as people write them
    silent = [
        path for path in everywhere if theirs not in path.parents and not ast.get_docstring(parse(path))
    ]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_every_function_is_short() -> None:
    functions = [
        (path.name, node)
        for path in MODULES
        for node in ast.walk(parse(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = [
        (module, node.name)
        for module, node in functions
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
        and REASON not in (ast.get_docstring(node) or "")
    ]
    assert long == []
