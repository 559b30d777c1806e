"""`sml-viewer media` lists the files that a run stored, and copies them out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sml_viewer.cli.main import main


@pytest.fixture
def run(make_run, logs: Path) -> Path:
    """A run with two images of one key and a text."""
    folder = make_run("walker", "step,loss\n1,2\n", seed=1)
    entries = [("view/front", 0, "png"), ("view/front", 10, "png"), ("answer", 10, "txt")]
    with make_index(folder).open("w") as index:
        for key, step, ending in entries:
            path = f"media/{key}/{step}.{ending}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(f"{key} at {step}")
            kind = "image" if ending == "png" else "text"
            index.write(json.dumps({"key": key, "step": step, "path": path, "type": kind}) + "\n")
    return folder


def make_index(folder: Path) -> Path:
    (folder / "media").mkdir()
    return folder / "media" / "index.jsonl"


@pytest.fixture
def media(logs: Path, workspace: Path, capsys: pytest.CaptureFixture[str]):
    """Runs the command: `media("walker", "--list")` is its output."""

    def call(*words: str, status: int = 0) -> str:
        assert main(["media", *words, "-d", str(logs), "-wks", str(workspace)]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return call


@pytest.mark.parametrize("words", [(), ("--list",)])
def test_files_are_listed_with_key_kind_step_and_path(media, run: Path, words: tuple[str, ...]) -> None:
    assert media("walk", *words).splitlines() == [
        f"view/front  image  step 0  {run}/media/view/front/0.png",
        f"view/front  image  step 10  {run}/media/view/front/10.png",
        f"answer  text  step 10  {run}/media/answer/10.txt",
    ]


def test_files_are_copied_below_their_keys_and_once(media, run: Path, tmp_path: Path) -> None:
    target = tmp_path / "pictures"
    said = media("walker", "--to", str(target))
    assert said == f"3 of 3 files copied to {target}, 0 already there, 0 missing in the run folder\n"
    assert (target / "view" / "front" / "10.png").read_text() == "view/front at 10"
    assert "0 of 3 files copied" in media("walker", "--to", str(target))
    assert len([path for path in target.rglob("*") if path.is_file()]) == 3


def test_another_file_of_the_same_name_is_not_overwritten(media, run: Path, tmp_path: Path) -> None:
    (tmp_path / "answer").mkdir()
    (tmp_path / "answer" / "10.txt").write_text("mine")
    media("walker", "--to", str(tmp_path), "--key", "answer")
    assert (tmp_path / "answer" / "10.txt").read_text() == "mine"
    assert (tmp_path / "answer" / "10-2.txt").read_text() == "answer at 10"
    assert not (tmp_path / "view").exists()


def test_a_key_is_chosen_by_a_pattern(media, run: Path) -> None:
    assert len(media("walker", "--key", "view/*").splitlines()) == 2
    assert media("walker", "--key", "none") == ""


def test_an_index_that_leads_out_of_the_run_copies_nothing(media, run: Path, tmp_path: Path) -> None:
    (run.parent / "secret.png").write_text("do not copy")
    (run / "media" / "out.png").symlink_to(run.parent / "secret.png")
    with (run / "media" / "index.jsonl").open("w") as index:
        for path in ("media/../../secret.png", "media/out.png", "media/gone.png"):
            index.write(json.dumps({"key": "k", "step": 0, "path": path, "type": "image"}) + "\n")
    target = tmp_path / "copies"
    assert "0 of 3 files copied" in media("walker", "--to", str(target))
    assert [path for path in target.rglob("*") if path.is_file()] == []


def test_a_run_without_media_is_one_plain_error(media, make_run) -> None:
    make_run("plain", "step,loss\n1,2\n")
    assert media("plain", status=2) == (
        "sml-viewer: plain has no media: no media/index.jsonl;"
        " scripts store them with logger.log_image() and others\n"
    )
    assert "no run is called 'none'" in media("none", status=2)
