"""The shape of the sources: which package imports which, and how long modules and functions are."""

from __future__ import annotations

import ast
import re
from functools import cache
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
# The rooms of a package from the ground up: a module imports from its own room and from those before it.
FLOORS = {
    "sml_config": (
        {"conversions", "errors", "files", "hashing", "run_states", "ssh", "terminal", "text"},
        {"process", "secret_names", "validation", "values"},
        {"redaction", "run_folder"},
        {"alerts"},
        {"project_settings"},
        {"run_record"},
        {"tasks"},
        {"legacy", "parameters"},
        {"cli"},
        {"__main__"},
    ),
    "sml_launch": (
        {
            "arguments",
            "capture",
            "command_names",
            "environment",
            "errors",
            "processes",
            "shell_words",
            "terminal",
        },
        {"tasks"},
        {"experiment"},
        {"state"},
        {"command_text", "notify", "preflight"},
        {"backends"},
        {"process"},
        {"status"},
        {"run"},
        {"plan"},
        {"worker"},
        {"cli"},
        {"legacy"},
        {"__main__"},
    ),
    "sml_logger": (
        {"arguments", "errors", "parameters", "remote", "row", "timer"},
        {"outputs"},
        {"messages"},
        {"lifecycle"},
        {"run_folder"},
        {"rows"},
        {"media"},
        {"alerts", "code_archive", "system_metrics"},
        {"output_supervisor"},
        {"run_files"},
        {"summary_writer"},
        {"checkpoints", "logged_rows", "media_methods"},
        {"given_parameters", "older_interface"},
        {"logger"},
        {"from_parameters", "tensorboard", "wandb"},
        {"integrations"},
        {"cli"},
        {"__main__"},
    ),
    "sml_sync": (
        {"errors", "report"},
        {"arguments", "progress"},
        {"targets"},
        {"ssh"},
        {"transfer"},
        {"session"},
        {"doctor", "pull_sources", "status", "watch_alerts", "watch_handle", "watch_process"},
        {"cli"},
    ),
    "sml_viewer": (
        {
            "arrays",
            "cache",
            "errors",
            "fileio",
            "i18n",
            "jsonio",
            "plugins",
            "printing",
            "query_length",
            "safe_open",
        },
        {"model"},
        {"config"},
        {"readers"},
        {"archives"},
        {"security"},
        {"discovery"},
        {"index"},
        {"annotations"},
        {"library"},
        {"importing"},
        {"columns"},
        {"indexer_process"},
        {"naming"},
        {"series"},
        {"select"},
        {"stats"},
        {"report"},
        {"analysis"},
        {"run_views"},
        {"render"},
        {"api"},
        {"web"},
        {"cli"},
        {"legacy"},
        {"__main__"},
    ),
}
MOST_MODULES = 16
MODULES = sorted(ROOT.glob("packages/*/src/**/*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
# How a docstring begins to tell why its module or function is longer.
REASON = "It is longer than other"


def imported(tree: ast.AST) -> set[str]:
    """The first names of all absolute imports below a node."""
    plain = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return plain | {
        str(node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    family = set(ARROWS) - {package}
    forbidden = {
        (path.name, name)
        for path in SOURCES[package].parent.rglob("*.py")
        for name in imported(parse(path)) & family - ARROWS[package]
    }
    assert forbidden == set()


def modules_of(package: str) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    root = SOURCES[package].parent
    parts = {path: path.relative_to(root.parent).with_suffix("").parts for path in root.rglob("*.py")}
    return {".".join(name[:-1] if name[-1] == "__init__" else name): path for path, name in parts.items()}


def imports_within(package: str) -> dict[str, set[str]]:
    """Which modules of its own package each module imports, wherever in the module it does."""
    modules = modules_of(package)
    arrows: dict[str, set[str]] = {}
    for module, path in modules.items():
        inside = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        targets = arrows[module] = set()
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Import):
                targets.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = inside[: len(inside) + 1 - node.level] if node.level else []
                source = ".".join([*above, *([node.module] if node.module else [])])
                names = (f"{source}.{alias.name}" for alias in node.names)
                targets.update(name if name in modules else source for name in names)
        targets &= set(modules) - {module}
    return arrows


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_arrows_within_a_package_lead_downward_only(package: str) -> None:
    floor_of = {room: floor for floor, rooms in enumerate(FLOORS[package]) for room in rooms}

    def room(module: str) -> str:
        return module.split(".")[1] if "." in module else ""

    arrows = imports_within(package)
    assert {room(module) for module in arrows} - {""} == set(floor_of)
    upward = {
        (module, target)
        for module, targets in arrows.items()
        for target in targets
        if room(module) and room(target) and floor_of[room(target)] > floor_of[room(module)]
    }
    assert upward == set()


@pytest.mark.parametrize("package", sorted(SOURCES))
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    arrows = {
        module: {target for target in targets if target.count(".")}
        for module, targets in imports_within(package).items()
        if module.count(".")
    }
    while free := [module for module, targets in arrows.items() if not targets & set(arrows)]:
        for module in free:
            del arrows[module]
    assert sorted(arrows) == []


def test_a_folder_holds_few_modules() -> None:
    full = {
        str(folder.relative_to(ROOT))
        for folder in {path.parent for path in MODULES}
        if len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) > MOST_MODULES
    }
    assert full == set()


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


def test_the_older_interface_imports_public_names_only() -> None:
    sources = SOURCES["smart_logger"].parent.rglob("*.py")
    nodes = [node for path in sources for node in ast.walk(parse(path))]
    modules = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    inner = {name for name in modules if name.startswith("sml_") and "." in name}
    assert {name for name in inner if name.split(".")[1] not in ("cli", "legacy")} == set()


def test_the_engine_imports_no_flask_and_the_page_no_pandas() -> None:
    viewer = SOURCES["sml_viewer"].parent
    web = {"flask", "cheroot", "werkzeug"}
    for path in viewer.rglob("*.py"):
        names = imported(parse(path))
        assert not names & ({"pandas"} if "web" in path.relative_to(viewer).parts else web), path.name


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
