"""No mutated file makes a reader fail in a way that is not its own: a few minutes' worth of `./dev fuzz`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz.py"
CASES = 10_000
SECONDS = 240.0


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz"]


def test_ten_thousand_mutated_files_are_read_or_refused(fuzz) -> None:
    assert list(fuzz.cases(CASES, SECONDS)) == []


def test_a_reader_that_fails_is_told_with_the_case_that_repeats_it(
    fuzz, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folder: Path) -> None:
        raise KeyError("maybe")

    reader = fuzz.Reader("one", (b"x",), "x", fail)
    monkeypatch.setattr(fuzz, "readers", lambda: {"one": reader})
    (fault,) = fuzz.cases(1, 10.0, 7)
    assert fault.startswith("one, case 7: KeyError: 'maybe' at ")
