"""The page of a run and its files."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_viewer.run_views.details import last_traceback
from sml_viewer.web.files.filename_codec import from_address, to_address
from sml_viewer.web.files.zip_stream import zip_pieces

TRACEBACK = """Traceback (most recent call last):
  File "main.py", line 3, in <module>
    train()
ValueError: bad"""
CHAINED = f"""Traceback (most recent call last):
  File "a.py", line 1, in f
KeyError: 1

During handling of the above exception, another exception occurred:

{TRACEBACK}"""


@pytest.fixture
def run(make_run) -> Path:
    folder = make_run(
        "a", "step,reward\n" + "".join(f"{step},{step % 7}\n" for step in range(1000)), seed=1, lr=0.1
    )
    config = {
        "run_id": "a",
        "parameter_defaults": {"lr": 0.2, "late": 5},
        "host": "lab",
        "SHORT_NAME_SUFFIX": "X",
    }
    (folder / "config" / "run_config.json").write_text(json.dumps(config))
    (folder / "log.txt").write_text("one\ntwo\n")
    return folder


@pytest.fixture
def shown(page, library, run):
    """Asks for a part of the run's page."""
    library.refresh()
    return lambda part="": page.get(f"/api/v1/runs/a{part}")


def test_parameters_have_types_and_defaults(shown) -> None:
    rows = {row["name"]: row for row in shown().get_json()["parameters"]}
    assert rows["lr"] == {"name": "lr", "value": 0.1, "type": "float", "default": 0.2, "changed": True}
    assert rows["late"]["absent"] is True
    assert rows["late"]["changed"] is False
    assert "default" not in rows["seed"]


def test_settings_and_provenance_are_told_apart(shown) -> None:
    content = shown().get_json()
    assert content["provenance"] == [{"name": "host", "value": "lab"}]
    assert content["settings"] == [{"name": "SHORT_NAME_SUFFIX", "value": "X"}]


def test_a_failed_run_shows_its_error_and_the_last_traceback(page, library, run: Path) -> None:
    (run / "config" / "status.json").write_text('{"state": "failed", "error": "ValueError: bad"}')
    (run / "log.txt").write_text(f"start\n{TRACEBACK}\nthen more\n")
    library.refresh()
    assert page.get("/api/v1/runs/a").get_json()["failure"] == {
        "error": "ValueError: bad",
        "exit_status": None,
        "traceback": TRACEBACK,
        "source": "log.txt",
    }


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("no trace", None),
        (f"x\n{TRACEBACK}\n", TRACEBACK),
        (f"{TRACEBACK}\nlater\n{CHAINED}\nafter\n", CHAINED),
        ("Traceback (most recent call last):\n  File", "Traceback (most recent call last):\n  File"),
    ],
)
def test_the_last_traceback_is_found_with_those_that_led_to_it(log: str, expected: str | None) -> None:
    assert last_traceback(log) == expected


def test_a_sparkline_has_at_most_200_points_and_keeps_the_extremes(shown) -> None:
    metric = next(one for one in shown("/metrics").get_json()["metrics"] if one["name"] == "reward")
    assert len(metric["points"]["x"]) <= 200
    assert min(metric["points"]["y"]) == 0
    assert max(metric["points"]["y"]) == 6
    assert metric["points"]["x"][-1] == 999


def test_a_series_has_the_points_that_were_asked_for(shown) -> None:
    content = shown("/series?y=reward&x=step&points=100").get_json()
    assert content["rows"] == 1000
    assert content["thinned"]
    assert len(content["points"]["y"]) <= 100
    assert "this run has no column" in shown("/series?y=none").get_json()["error"]["message"]


def test_the_log_goes_on_where_it_was_left(shown, run: Path) -> None:
    first = shown("/log").get_json()
    assert first["text"] == "one\ntwo\n"
    with (run / "log.txt").open("a") as log:
        log.write("three\nfo")
    more = shown(f"/log?from={first['to']}&mark={first['mark']}").get_json()
    assert (more["text"], more["partial"], more["restarted"]) == ("three\n", "fo", False)


def test_files_leave_out_what_is_temporary_hidden_or_leads_out(shown, run: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    for name in (".sml-tmp-1", ".nfs01", ".hidden"):
        (run / name).write_text("x")
    (run / ".git").mkdir()
    (run / ".git" / "config").write_text("x")
    (run / "out").symlink_to(tmp_path / "secret")
    (run / "dangling").symlink_to(tmp_path / "nothing")
    (run / "inside").symlink_to(run / "log.txt")
    os.mkfifo(run / "pipe")
    content = shown("/files").get_json()
    names = {file["name"] for file in content["files"]}
    assert names == {"progress.csv", "config/parameter.json", "config/run_config.json", "log.txt", "inside"}
    assert len(content["left_out"]) == 3
    with shown("/zip") as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert set(packed.namelist()) == {f"a/{name}" for name in names} | {"LEFT_OUT.txt"}
    left_out = packed.read("LEFT_OUT.txt").decode().splitlines()
    assert left_out == [f"a/{what}" for what in content["left_out"]]


@pytest.mark.parametrize("way", ["preview", "download", "image", "log"])
@pytest.mark.parametrize(
    "name",
    ["../secret", "..%2fsecret", "/etc/passwd", "%2e%2e/secret", "out", "a%00b", "config", "",
     "bytes:%2e%2e/secret", "bytes:/etc/passwd", "config/../../secret", "..\\secret", ".hidden"],
)  # fmt: skip
def test_nothing_outside_is_served(shown, run: Path, way: str, name: str) -> None:
    (run.parent / "secret").write_text("do not show")
    (run / "out").symlink_to(run.parent / "secret")
    (run / ".hidden").write_text("do not show")
    answer = shown(f"/{way}?name={name}")
    assert 400 <= answer.status_code < 500
    assert b"do not show" not in answer.data
    assert "error" in answer.get_json()


@given(st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name))
def test_any_file_name_survives_an_address(name: bytes) -> None:
    text = to_address(os.fsdecode(name))
    text.encode()
    assert os.fsencode(from_address(text)) == name


def test_a_name_that_is_no_text_is_shown_and_opened(shown, run: Path) -> None:
    (run / os.fsdecode(b"caf\xe9.txt")).write_text("coffee\n")
    entry = next(file for file in shown("/files").get_json()["files"] if "caf" in file["label"])
    assert entry["label"] == r"caf\xe9.txt"
    from urllib.parse import quote

    address = quote(entry["name"], safe="")
    assert shown(f"/preview?name={address}").get_json()["text"] == "coffee\n"
    with shown(f"/download?name={address}") as answer:
        assert answer.get_data() == b"coffee\n"
    with shown("/zip") as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.get_data())).read(r"a/caf_xe9.txt") == b"coffee\n"


def test_previews_by_kind(shown, run: Path) -> None:
    (run / "big.txt").write_text("".join(f"{number}\n" for number in range(100_000)))
    (run / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (run / "figure.svg").write_text("<svg><script>alert(1)</script></svg>")
    (run / "weights").write_bytes(b"\0\1\2")
    table = shown("/preview?name=progress.csv").get_json()
    assert (table["kind"], table["header"], table["more"]) == ("table", ["step", "reward"], True)
    assert table["rows"][1] == ["1", "1"]
    first = shown("/preview?name=big.txt").get_json()
    assert first["more"]
    assert (
        shown(f"/preview?name=big.txt&from={first['to']}")
        .get_json()["text"]
        .startswith(str(int(first["text"].split()[-1]) + 1))
    )
    image = shown("/preview?name=plot.png").get_json()
    assert image["kind"] == "image"
    with shown(image["href"].removeprefix("/api/v1/runs/a")) as sent:
        assert sent.mimetype == "image/png"
    assert shown("/preview?name=figure.svg").get_json()["kind"] == "text"
    assert shown("/image?name=figure.svg").status_code >= 400
    assert shown("/preview?name=weights").get_json()["head"] == "000102"


@pytest.mark.parametrize("content", [b"", b"PK\3\4 broken", b"\0" * 1024])
@pytest.mark.parametrize("name", ["x.tar", "x.zip"])
def test_a_broken_archive_is_said_to_be_one(shown, run: Path, name: str, content: bytes) -> None:
    (run / name).write_bytes(content)
    shown_archive = shown(f"/preview?name={name}").get_json()
    assert shown_archive["kind"] == "archive"
    assert shown_archive["members"] == []


@pytest.mark.parametrize("way", ["files", "preview?name=a.txt", "download?name=a.txt", "log?name=a.txt"])
def test_a_run_that_became_a_link_elsewhere_is_not_followed(
    shown, run: Path, tmp_path: Path, way: str
) -> None:
    """Until runs are looked for again."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.txt").write_text("private")
    run.rename(tmp_path / "away")
    run.symlink_to(tmp_path / "private")
    answer = shown(f"/{way}")
    assert answer.status_code == 404
    assert "private" not in answer.text


def test_a_run_that_became_a_link_is_gone_when_runs_are_looked_for_again(
    page, library, run: Path, tmp_path: Path
) -> None:
    run.rename(tmp_path / "disk")
    run.symlink_to(tmp_path / "disk")
    library.refresh()
    assert page.get("/api/v1/runs/a/files").status_code == 404
    assert library.runs() == []


def test_a_file_beyond_what_old_zips_hold_is_sent_in_small_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 12_000_000
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000_000)  # it is 2 GB, which would take a minute
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "weights.npz").open("wb") as file:  # stored as it is
        file.seek(size - 4)
        file.write(b"last")
    pieces = list(zip_pieces([("run", tmp_path / "run")]))
    assert max(map(len, pieces)) < 5_000_000
    monkeypatch.undo()
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        entry = archive.getinfo("run/weights.npz")
        assert (entry.file_size, entry.extract_version) == (size, 45)  # 4.5: with sizes of 64 bits
        assert archive.read(entry).endswith(b"\0last")


def test_a_zip_of_a_selection_has_a_folder_for_each(page, library, make_run) -> None:
    for name in ("x/a", "y/a", "y/A"):
        make_run(name, f"step,reward\n0,{len(name)}\n", seed=name)
    library.refresh()
    columns = {
        column["key"]: column.get("cells") for column in page.get("/api/v1/runs").get_json()["columns"]
    }
    answer = page.post("/api/v1/zip", {"ids": columns["id"]}).get_json()
    contents = []
    for _ in range(2):
        with page.get(answer["href"]) as sent:
            contents.append(sent.get_data())
    assert contents[0] == contents[1]
    names = zipfile.ZipFile(io.BytesIO(contents[0])).namelist()
    assert {name.rpartition("/config")[0] or name.rpartition("/progress")[0] for name in names} == {
        "x/a",
        "y/A",
        "y/a-2",
    }
    assert answer["runs"] == 3


def test_an_expired_download_says_where_to_get_a_new_one_in_the_pages_language(page) -> None:
    expired = page.get("/api/v1/zip/none")
    assert expired.status_code == 404
    assert "request it again from the run list" in expired.get_json()["error"]["message"]
    chinese = page.get("/api/v1/zip/none?lang=zh").get_json()["error"]["message"]
    assert "请在实验列表中重新获取" in chinese


def test_a_run_that_becomes_a_link_before_it_is_packed_is_named_as_left_out(
    page, library, make_run, logs: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        make_run(name, "step,reward\n0,1\n", seed=name)
    library.refresh()
    columns = {
        column["key"]: column.get("cells") for column in page.get("/api/v1/runs").get_json()["columns"]
    }
    href = page.post("/api/v1/zip", {"ids": columns["id"]}).get_json()["href"]
    (logs / "b").rename(tmp_path / "away")
    (logs / "b").symlink_to(tmp_path / "away")
    with page.get(href) as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert packed.namelist() == ["a/config/parameter.json", "a/progress.csv", "LEFT_OUT.txt"]
    assert packed.read("LEFT_OUT.txt") == b"b (deleted, or replaced by a link, after the request)\n"


def test_names_in_a_zip_are_harmless_everywhere(shown, run: Path) -> None:
    (run / "C:evil.txt").write_text("x")
    (run / "a*b?.txt").write_text("y")
    with shown("/zip") as answer:
        names = zipfile.ZipFile(io.BytesIO(answer.get_data())).namelist()
    assert "a/C_evil.txt" in names
    assert "a/a_b_.txt" in names
    assert not any(set(name) & set('\\:*?"<>|') or ".." in name.split("/") for name in names)
