"""Find meaningless names in the Python and JavaScript sources; part of `./dev checks`.

Usage: python scripts/names.py [PATH ...], files or folders. By default all sources but those in EXCLUDED.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# docs/architecture.md has a glossary of better names.
BANNED = frozenset(
    {
        "anyway",
        "asked",
        "asking",
        "bare",
        "found",
        "how",
        "kept",
        "look",
        "looks",
        "made",
        "one",
        "place",
        "said",
        "shut",
        "there",
        "thing",
        "told",
        "wanted",
        "what",
        "wish",
        "wishes",
    }
)
# Paths below the repository, as patterns; a file named on the command line is checked nevertheless.
EXCLUDED = (
    # Fields are documented keys of the JSON interface.
    "packages/sml-viewer/src/sml_viewer/run_views/schemas.py",
    "packages/sml-viewer/src/sml_viewer/web/schemas/*",
    # Third-party and generated scripts.
    "packages/sml-viewer/src/sml_viewer/web/static/vendor/*",
    "packages/sml-viewer/src/sml_viewer/web/static/bundle/*",
)
_STRING = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
# A slash behind one of these begins a regular expression; elsewhere it divides.
_REGEXP = re.compile(r"(?<=[(,=:\[!&|?{};>])(\s*)/(?![/*])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n\[])+/\w*")
_DECLARATION = re.compile(r"\b(?:const|let|var)\s+(?=[\w${\[])")
_FUNCTION = re.compile(r"\b(?:function|class)\b\s*\*?\s*([\w$]*)\s*(\(?)")
_METHOD = re.compile(r"(?<![.\w])(?!(?:if|for|while|switch|catch|function)\b)([\w$]+)\(([^()]*)\)\s*\{")
_CATCH = re.compile(r"\bcatch\s*\(\s*([\w$]+)")
_NAME = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?!\s*:)(?![\w$])")


def main(paths: list[str]) -> int:
    """Print every definition with a banned name; 1 if there is any."""
    roots = list(map(Path, paths)) or [ROOT / "scripts", *sorted(ROOT.glob("packages/*/*"))]
    files = [file for root in roots for file in _source_files(root)]
    if not paths:
        files = [file for file in files if not is_excluded(file.relative_to(ROOT).as_posix())]
    lines = [
        f"{path}:{line}: {name!r} does not say what it is; see the glossary in docs/architecture.md"
        for path in files
        for line, name in _banned_in(path)
    ]
    print("\n".join(lines) or f"names: {len(files)} files, no banned name")
    return int(bool(lines))


def _source_files(path: Path) -> list[Path]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in files if file.suffix in (".py", ".js")]


def _banned_in(path: Path) -> Iterator[tuple[int, str]]:
    if _is_banned(path.stem):
        yield 1, path.stem
    text = path.read_text(encoding="utf-8")
    yield from banned_names(ast.parse(text)) if path.suffix == ".py" else banned_names_in_script(text)


def _is_banned(name: str) -> bool:
    return name.strip("_").lower() in BANNED


def is_excluded(path: str) -> bool:
    """Whether a path below the repository is not checked by default."""
    return any(fnmatchcase(path, pattern) for pattern in EXCLUDED)


def banned_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each function, class, argument and variable with a banned name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.id if isinstance(node, ast.Name) else node.attr
        else:
            continue
        if _is_banned(name):
            yield node.lineno, name


def banned_names_in_script(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each definition of a JavaScript module with a banned name."""
    code = _code(source)
    banned: set[tuple[int, str]] = set()
    for start, names in _definitions(code):
        banned.update((code.count("\n", 0, start) + 1, name) for name in names if _is_banned(name))
    yield from sorted(banned)


def _definitions(code: str) -> Iterator[tuple[int, list[str]]]:
    """Position and names of each definition in a script without strings and comments."""
    for match in _DECLARATION.finditer(code):
        end = _balanced(code, match.end()) if code[match.end()] in "{[" else match.end()
        name = _NAME.match(code, match.end())
        yield (
            match.start(),
            _bound(code[match.end() : end]) if end > match.end() else [name[0]] if name else [],
        )
    for match in _FUNCTION.finditer(code):
        yield match.start(), [match[1]]
        if match[2]:
            yield match.start(), _bound(code[match.end() - 1 : _balanced(code, match.end() - 1)])
    for match in _METHOD.finditer(code):
        yield match.start(), [match[1], *_bound(match[2])]
    for match in _CATCH.finditer(code):
        yield match.start(), [match[1]]
    for match in re.finditer(r"=>", code):
        before = code[: match.start()].rstrip()
        start = _opening(before) if before.endswith(")") else re.search(r"[\w$]*$", before).start()  # type: ignore[union-attr]
        yield start, _bound(before[start:])


def _bound(pattern: str) -> list[str]:
    """The names that a pattern or a list of parameters binds: without keys, defaults and their contents."""
    previous = ""
    while previous != pattern:  # innermost brackets of defaults first
        previous, pattern = (
            pattern,
            re.sub(r"=\s*(?:[\w$.?\s]|\([^(){}\[\]]*\)|\[[^\[\]]*\]|\{[^{}]*\})+", "", pattern),
        )
    return _NAME.findall(pattern)


def _balanced(code: str, start: int) -> int:
    """The end of what the bracket at `start` opens."""
    depth = 0
    for position in range(start, len(code)):
        depth += (code[position] in "([{") - (code[position] in ")]}")
        if not depth:
            return position + 1
    return len(code)


def _opening(code: str) -> int:
    """The position of the bracket that the last character closes."""
    depth = 0
    for position in range(len(code) - 1, -1, -1):
        depth += (code[position] in ")]}") - (code[position] in "([{")
        if not depth:
            return position
    return 0


def _code(source: str) -> str:
    """A script with its strings, comments, regular expressions and texts of templates left blank."""
    pieces, position, templates = (
        [],
        0,
        [-1],
    )  # templates: depth of braces in each open `${`; -1 is the module
    token = re.compile(rf"{_STRING.pattern}|{_REGEXP.pattern}|[`{{}}]", re.DOTALL)
    while match := token.search(source, position):
        pieces.append(source[position : match.start()])
        position = match.end()
        text = match[0]
        if text == "{":
            templates[-1] += 1
            pieces.append("{")
        elif text == "}" and templates[-1] == 0 and len(templates) > 1:
            templates.pop()
            position = _skip_text(source, position, pieces, templates)
        elif text == "}":
            templates[-1] -= 1
            pieces.append("}")
        elif text == "`":
            pieces.append(" 0 ")
            position = _skip_text(source, position, pieces, templates)
        else:
            pieces.append("\n" * text.count("\n") or " 0 " * text.startswith(('"', "'", "/re")))
    return "".join([*pieces, source[position:]])


def _skip_text(source: str, position: int, pieces: list[str], templates: list[int]) -> int:
    """Skip the text of a template up to its end or to `${`, which opens code."""
    end = re.compile(r"(?<!\\)(?:`|\$\{)").search(source, position)
    if end is None:
        return len(source)
    pieces.append("\n" * source.count("\n", position, end.start()))
    if end[0] != "`":
        pieces.append(";")
        templates.append(0)
    return end.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
