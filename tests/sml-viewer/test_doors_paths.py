"""Only files inside a run's folder are opened, whatever they are called and whatever is exchanged."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from flask import Flask

from sml_viewer import safe_open as inside
from sml_viewer.safe_open import Held, LeadsOutError, open_plain
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.listing import list_files
from sml_viewer.web.files.responses import send_download, send_image
from sml_viewer.web.files.safe_paths import open_inside

NAMES = [
    "../secret", "a/../../secret", "a/..", "..", ".", "", "/etc/passwd", "//etc/passwd", "..\\secret",
    "a\\..\\..\\secret", "%2e%2e/secret", "..%2fsecret", "out", "out/passwd", "linked", "a\0b", "\0", "none",
    "x" * 300, "a/" * 3000, ".hidden", ".git/config", "~", "~/.ssh/id_rsa", "file:///etc/passwd", "\udcff",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "run"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "note.txt").write_text("inside")
    (folder / "again").symlink_to("a/note.txt")
    (folder / ".hidden").write_text("secret")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    (folder / "shown").symlink_to(".hidden")
    (tmp_path / "logs" / "secret").write_text("secret")
    (folder / "linked").symlink_to(tmp_path / "logs" / "secret")
    (folder / "out").symlink_to("/etc")
    return folder


@pytest.mark.parametrize("name", [*NAMES, "shown"])
def test_a_name_that_leads_out_is_refused(run: Path, name: str) -> None:
    with pytest.raises(NoSuchFileError):
        open_inside(run, name)


@pytest.mark.parametrize("name", ["a//note.txt", "./a/note.txt", "a/note.txt/", "a/note.txt/."])
def test_a_file_has_one_spelling_by_which_it_is_masked(run: Path, name: str) -> None:
    with pytest.raises(NoSuchFileError):
        open_inside(run, name)


@pytest.mark.parametrize("name", ["a/note.txt", "again"])
def test_a_file_inside_is_opened_through_a_link_inside_too(run: Path, name: str) -> None:
    with open_inside(run, name) as file:
        assert file.read() == b"inside"


@pytest.mark.parametrize(
    "name", ["名 字.txt", 'a"b;c.txt', "a\nb.txt", "%2e", "a?b#c", os.fsdecode(b"\xff.txt")]
)
def test_odd_names_are_names(run: Path, name: str) -> None:
    (run / name).write_text("odd")
    with open_inside(run, name) as file:
        assert file.read() == b"odd"


def test_a_folder_that_became_a_link_is_gone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(run)
    with pytest.raises(NoSuchFileError):
        open_inside(tmp_path / "elsewhere", "a/note.txt")
    assert list_files(tmp_path / "elsewhere").files == ()


@pytest.mark.parametrize("name", ["a/note.txt", "again"])
def test_systems_that_do_not_say_where_a_descriptor_is_walk_down_without_links(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(inside, "_HAS_DESCRIPTOR_PATHS", False)
    with open_inside(run, name) as file:
        assert file.read() == b"inside"
    (tmp_path / "elsewhere").symlink_to(run)
    for folder, what in ((run, "linked"), (run, "out/passwd"), (tmp_path / "elsewhere", name)):
        with pytest.raises(NoSuchFileError):
            open_inside(folder, what)


def test_systems_without_open_folders_ask_for_the_real_path_before_and_after(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_HAS_DESCRIPTOR_PATHS", "_CAN_WALK", "_CAN_SCAN"):
        monkeypatch.setattr(inside, name, False)
    with open_inside(run, "again") as file:
        assert file.read() == b"inside"
    assert {file.name for file in list_files(run).files} == {"a/note.txt", "again"}
    (tmp_path / "elsewhere").symlink_to(run)
    for folder, what in ((run, "linked"), (run, "out/passwd"), (tmp_path / "elsewhere", "a/note.txt")):
        with pytest.raises(NoSuchFileError):
            open_inside(folder, what)
    assert list_files(tmp_path / "elsewhere").files == ()


def _read(folder: Held, name: str) -> bytes:
    with os.fdopen(open_plain(folder, name).file, "rb") as file:
        return file.read()


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("name", [*NAMES, "linked", "/", "a/./../../secret", "out/.."])
def test_an_open_folder_opens_nothing_that_leads_out(
    run: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: bool
) -> None:
    monkeypatch.setattr(inside, "_HAS_DESCRIPTOR_PATHS", told and inside._HAS_DESCRIPTOR_PATHS)
    with Held(str(run.parent)) as around, Held(str(run), around) as folder:
        assert (_read(folder, "a/note.txt"), _read(folder, "again")) == (b"inside", b"inside")
        if not name.startswith("."):  # hidden files are the page's own rule
            with pytest.raises((OSError, ValueError)):
                _read(folder, name)


def test_an_open_folder_stays_the_one_that_was_opened(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "a").mkdir(parents=True)
    for name in ("a/note.txt", "a/other.txt", "top.txt"):
        (outside / name).write_text("secret")
    (run / "a" / "other.txt").write_text("inside")
    (run / "top.txt").write_text("inside")
    with Held(str(run.parent)) as around, Held(str(run), around) as folder:
        assert _read(folder, "a/note.txt") == b"inside"
        run.rename(tmp_path / "logs" / "moved")
        run.symlink_to(outside)
        assert _read(folder, "a/other.txt") == b"inside"
        assert _read(folder, "top.txt") == b"inside"
        with Held(str(run), around) as again, pytest.raises(LeadsOutError):
            _read(again, "top.txt")


def test_an_open_folder_refuses_a_folder_in_it_that_became_a_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "note.txt").write_text("secret")
    with Held(str(run)) as folder:
        (run / "a").rename(run / "b")
        (run / "a").symlink_to(tmp_path / "outside")
        with pytest.raises(LeadsOutError):
            _read(folder, "a/note.txt")
        assert _read(folder, "b/note.txt") == b"inside"


def test_what_is_no_plain_file_is_refused_at_once(run: Path) -> None:
    os.mkfifo(run / "pipe")
    for name in ("pipe", "a"):
        with pytest.raises(NoSuchFileError):
            open_inside(run, name)


def test_a_file_that_is_exchanged_for_a_link_meanwhile_is_never_read(run: Path, tmp_path: Path) -> None:
    secret = tmp_path / "logs" / "secret"
    (run / "b").mkdir()
    stop = threading.Event()

    def exchange() -> None:
        """Folder b and file b/note.txt are by turns what they seem and links to the outside."""
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "note.txt").write_text("secret")
        while not stop.is_set():
            for target in (secret, None):
                (run / "new").unlink(missing_ok=True)
                (run / "new").symlink_to(target) if target else (run / "new").write_text("inside")
                (run / "new").replace(run / "file.txt")
            (run / "b").rename(run / "c")
            (run / "b").symlink_to(tmp_path / "outside")
            (run / "b").unlink()
            (run / "c").rename(run / "b")

    (run / "b" / "note.txt").write_text("inside")
    thread = threading.Thread(target=exchange)
    thread.start()
    read = []
    try:
        for _ in range(3000):
            for name in ("file.txt", "b/note.txt"):
                try:
                    with open_inside(run, name) as file:
                        read.append(file.read())
                except NoSuchFileError:
                    continue
    finally:
        stop.set()
        thread.join()
    assert set(read) == {b"inside"}


def test_a_download_is_saved_and_never_shown(run: Path) -> None:
    (run / "x.html").write_text("<script>alert(1)</script>")
    with Flask("test").test_request_context():
        response = send_download(run, "x.html")
        assert b"".join(response.iter_encoded()) == b"<script>alert(1)</script>"
        response.close()
        assert response.content_length == 25
    assert response.headers["Content-Disposition"] == "attachment; filename=x.html"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1.txt", "名.txt", 'q".txt', os.fsdecode(b"\xff.txt")])
def test_a_name_cannot_add_a_header(run: Path, name: str) -> None:
    (run / name).write_text("x")
    with Flask("test").test_request_context():
        response = send_download(run, name)
        response.close()
    written = str(response.headers)
    assert "\r\nSet-Cookie" not in written
    assert written.isascii()


def test_an_image_is_shown_in_a_sandbox_and_nothing_else_is(run: Path) -> None:
    (run / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    with Flask("test").test_request_context():
        response = send_image(run, "a.svg")
        response.close()
        with pytest.raises(NoSuchFileError):
            send_image(run, "a/note.txt")
    assert response.mimetype == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "script-src" not in response.headers["Content-Security-Policy"]
