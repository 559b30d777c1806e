"""The live end of a log, read piece by piece while it grows."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sml_viewer.run_views.log_tail import clean, mark_of, read_log


class Follower:
    """Holds what a page holds: the text so far, the part that is still being written, where to go on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""
        self.partial = ""
        self.since: int | None = None
        self.mark = ""

    def poll(self) -> str:
        while True:
            with self.path.open("rb") as file:
                part = read_log(file, mark_of(file), self.since, self.mark)
            self.text = part.text if part.restarted else self.text + part.text
            self.partial = part.partial
            moved = self.since != part.end
            self.since, self.mark = part.end, part.mark
            if part.end == part.size or not moved:
                return self.text + self.partial


@settings(max_examples=60)
@given(st.lists(st.text(alphabet="aé中😀\n\r\x1b[31m", max_size=12).map(str.encode), max_size=12), st.data())
def test_pieces_add_up_to_the_whole_text(tmp_path_factory, pieces: list[bytes], data) -> None:
    path = tmp_path_factory.mktemp("log") / "log.txt"
    path.write_bytes(b"")
    follower = Follower(path)
    written = b"".join(pieces)
    at = 0
    while at < len(written):
        step = data.draw(st.integers(1, len(written) - at))
        with path.open("ab") as file:
            file.write(written[at : at + step])
        at += step
        follower.poll()
    assert follower.poll() == clean(written)


def test_a_character_in_two_halves_is_one(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes("中".encode()[:1])
    follower = Follower(path)
    follower.poll()
    with path.open("ab") as file:
        file.write("中".encode()[1:] + b"\n")
    assert follower.poll() == "中\n"


def test_a_progress_bar_is_its_last_state(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"start\n" + b"".join(b"\r%d%%" % number for number in range(50)))
    follower = Follower(path)
    assert follower.poll() == "start\n49%"
    with path.open("ab") as file:
        file.write(b"\r100%\ndone\n")
    assert follower.poll() == "start\n100%\ndone\n"


def test_an_endless_progress_bar_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"".join(b"\r%9d%%" % number for number in range(200_000)) + b"\nend\n")
    with path.open("rb") as file:
        part = read_log(file)
    assert part.end - part.start < 300_000
    assert Follower(path).poll().endswith("199999%\nend\n")


@pytest.mark.parametrize("length", [100_000, 1_000_000])
def test_a_very_long_line_is_read_to_its_end(tmp_path: Path, length: int) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"a\n")
    follower = Follower(path)
    follower.poll()
    with path.open("ab") as file:
        file.write("é".encode() * length + b"\nb\n")
    assert follower.poll() == "a\n" + "é" * length + "\nb\n"


def test_a_log_that_was_cut_or_replaced_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("one\ntwo\n")
    follower = Follower(path)
    follower.poll()
    os.truncate(path, 0)
    path.write_text("new\n")
    assert follower.poll() == "new\n"
    (tmp_path / "other").write_text("another file, longer than before\n")
    (tmp_path / "other").replace(path)
    assert follower.poll() == "another file, longer than before\n"


def test_what_stands_before_is_read_backwards_to_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    whole = "".join(f"line {number}\n" for number in range(30_000))
    path.write_text(whole)
    with path.open("rb") as file:
        part = read_log(file)
        assert part.cut
        text = part.text
        while part.start:
            part = read_log(file, before=part.start)
            text = part.text + text
    assert text == whole


def test_colours_and_control_characters_are_taken_out() -> None:
    coloured = b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\x1b[2K\x08\xff\ttab\r\n"
    assert clean(coloured) == "red plain�\ttab\n"


@given(st.binary(max_size=400))
def test_any_bytes_are_text_without_control_characters(data: bytes) -> None:
    part = read_log(io.BytesIO(data))
    assert not set(part.text + part.partial) & {chr(code) for code in (*range(9), *range(11, 32), 127)}
