"""Find meaningless names in the sources; part of `./dev checks`.

Usage: python scripts/names.py [PATH ...], files or folders. By default all sources but those in EXCLUDED.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# docs/architecture.md has a glossary of better names.
BANNED = frozenset(
    {
        "asked",
        "found",
        "how",
        "kept",
        "made",
        "one",
        "place",
        "said",
        "there",
        "thing",
        "told",
        "wanted",
        "what",
    }
)
# Paths below the repository, as patterns; a file named on the command line is checked nevertheless.
EXCLUDED = (
    # Fields are documented keys of the JSON interface.
    "packages/sml-viewer/src/sml_viewer/run_views/schemas.py",
    "packages/sml-viewer/src/sml_viewer/web/schemas/*",
)


def main(paths: list[str]) -> int:
    """Print every definition with a banned name; 1 if there is any."""
    roots = list(map(Path, paths)) or [ROOT / "scripts", *sorted(ROOT.glob("packages/*/*"))]
    files = [file for root in roots for file in _python_files(root)]
    if not paths:
        files = [file for file in files if not is_excluded(file.relative_to(ROOT).as_posix())]
    lines = [
        f"{path}:{line}: {name!r} does not say what it is; see the glossary in docs/architecture.md"
        for path in files
        for line, name in banned_names(ast.parse(path.read_text(encoding="utf-8")))
    ]
    print("\n".join(lines) or f"names: {len(files)} files, no banned name")
    return int(bool(lines))


def _python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.suffix == ".py" else []


def is_excluded(path: str) -> bool:
    """Whether a path below the repository is not checked by default."""
    return any(fnmatchcase(path, pattern) for pattern in EXCLUDED)


def banned_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each function, class, argument and variable with a banned name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name.strip("_").lower()
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.id if isinstance(node, ast.Name) else node.attr
        else:
            continue
        if name.strip("_") in BANNED:
            yield node.lineno, name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
