"""The check for meaningless names, `scripts/names.py`."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "names.py"
_spec = importlib.util.spec_from_file_location("names_script", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(names)


def test_banned_names_of_functions_arguments_and_variables_are_listed() -> None:
    source = (
        "def found(what): ...\nmade = place = 1\nfor one in (): ...\nself.said_ = (kept := 2)\nx = found\n"
    )
    assert sorted(names.banned_names(ast.parse(source))) == [
        (1, "found"), (1, "what"), (2, "made"), (2, "place"), (3, "one"), (4, "kept"), (4, "said_"),
    ]  # fmt: skip


def test_banned_names_in_scripts_are_listed() -> None:
    source = """import { found as match } from "./found.js"; // kept
const { what: kind, one = there(1), ...rest } = load("made"), text = /told"/.test(rest);
let [place, index] = rest;
function said({ kept, other: value = asked }) {}
const rows = items.map((item, wanted) => html`<p class="look">${items.map((how) => how)} made</p>`);
try { text(); } catch (bare) { const object = { made: 1, look(wish) { return place; } }; }
"""
    assert list(names.banned_names_in_script(source)) == [
        (2, "one"), (3, "place"), (4, "kept"), (4, "said"), (5, "how"), (5, "wanted"), (6, "bare"),
        (6, "look"), (6, "wish"),
    ]  # fmt: skip


def test_every_excluded_part_exists() -> None:
    for pattern in names.EXCLUDED:
        assert list(names.ROOT.glob(pattern)), pattern


def test_the_sources_have_no_meaningless_name() -> None:
    assert names.main([]) == 0
