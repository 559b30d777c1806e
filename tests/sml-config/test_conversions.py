"""Arguments are read alike wherever a package takes one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_config.conversions import flag_of, path_of, seconds_of, texts_of, whole_of


@pytest.mark.parametrize(
    "value", [7200, 7200.0, "7200", "2h", "120m", " 7200s", timedelta(hours=2), np.float32(7200)]
)
def test_a_duration_is_a_number_a_text_or_a_timedelta(value: Any) -> None:
    assert seconds_of(value) == 7200.0


@pytest.mark.parametrize(
    "value",
    [
        "2 hours",
        "",
        "nan",
        "-1",
        "1e400",
        0,
        -1,
        float("nan"),
        float("inf"),
        None,
        True,
        [],
        10**400,
        np.ones(3),
    ],
)
def test_anything_else_is_none(value: Any) -> None:
    assert seconds_of(value) is None


@pytest.mark.parametrize("value", [8, "8", " 8 ", np.int64(8), np.uint8(8)])
def test_a_whole_number_may_be_a_text_or_of_numpy(value: Any) -> None:
    assert whole_of(value) == 8


@pytest.mark.parametrize("value", [True, 8.0, "8.0", "eight", "", None, [8]])
def test_nothing_else_is_a_whole_number(value: Any) -> None:
    assert whole_of(value) is None


def test_a_flag_is_true_or_false_and_never_a_text() -> None:
    assert [flag_of(value) for value in (True, np.False_, "no", 1, None)] == [True, False, None, None, None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab", ("ab",)),
        (Path("a/b"), ("a/b",)),
        (["a", Path("b")], ("a", "b")),
        (np.array(["a", "b"]), ("a", "b")),
        ((), ()),
        (b"ab", None),
        ({"a": 1}, None),
        (["a", 1], None),
        (5, None),
    ],
)
def test_one_text_is_one_item_and_is_not_cut_into_letters(value: Any, expected: Any) -> None:
    assert texts_of(value) == expected


def test_a_path_begins_with_the_home_folder_where_a_tilde_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/a") == path_of(Path("~/a")) == tmp_path / "a"


@pytest.mark.parametrize("value", ["a\0b", "a\ud800", "~no-such-user/a", b"a", 5, None])
def test_what_no_file_system_takes_is_no_path(value: Any) -> None:
    assert path_of(value) is None
