"""Names in the sources that say nothing to a person of the field, by place; the check `./dev checks` runs it.

Usage: python scripts/names.py [PATH ...]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Words for which the glossary in docs/architecture.md has better ones.
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


def main(paths: list[str]) -> int:
    """Print every definition that has such a name; 1 if there is any."""
    files = [Path(path) for path in paths] or sorted(ROOT.glob("packages/*/src/**/*.py"))
    lines = [
        f"{path}:{line}: {name!r} is not a name of the field; see the glossary in docs/architecture.md"
        for path in files
        for line, name in banned_names(ast.parse(path.read_text(encoding="utf-8")))
    ]
    print("\n".join(lines) or "names: all of the field")
    return int(bool(lines))


def banned_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where functions, classes, arguments and variables with a banned name are defined."""
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
