"""What a run recorded beside its rows: media, system metrics, checkpoints, alerts; search in its log."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_config.alerts.alert import ERROR, Alert
from sml_config.alerts.sent_alerts import claim
from sml_viewer.run_views.log_tail import clean, without_colours

PASSWORD = "correct-horse-battery"
SYSTEM = "wall_time,step,cpu_percent,rss_bytes,gpu0_percent\n"


@pytest.fixture
def run(logs: Path) -> Path:
    """A run of sml_logger with every kind of media and two checkpoints."""
    from sml_logger import Logger

    (logs.parent / "page.html").write_text("<script>document.title = 'run'</script>")
    logger = Logger(log_name="a", base_path=str(logs.parent), backup_code=False)
    for step in (0, 10, 20):
        logger.log({"return": float(step)}, step=step)
        logger.log_image("view/front", np.full((8, 8, 3), step, np.uint8), step, caption=f"step {step}")
    logger.log_video("rollout", np.zeros((3, 16, 16, 3), np.uint8), 10)
    logger.log_audio("voice", np.zeros(441), 10)
    logger.log_text("answer", "**bold** <b>plain</b>", 10)
    logger.log_table("samples", ["name", "score"], [["first", 1.5], ["second", float("nan")]], 10)
    logger.log_histogram("weights", [0.0, 1.0, 1.0, 3.0, float("inf")], 10, bins=3)
    folder = Path(logger.output_dir)
    for step, value in ((10, 0.5), (20, 0.25)):
        file = folder / f"model-{step}.pt"
        file.write_bytes(b"0" * step)
        logger.checkpoint(file, step=step, metrics={"loss": value, "return": float(step)})
    logger.close()
    return folder


@pytest.fixture
def ask(page: Any, library: Any, run: Path) -> Callable[..., Any]:
    """Asks for a part of the run's page: `ask("/media")`."""
    library.refresh()
    number = json.loads((run / "config" / "run_config.json").read_text())["run_id"]
    return lambda part="", **more: page.get(f"/api/v1/runs/{number}{part}", **more)


def keys_of(ask: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    return {each["key"]: each for each in ask("/media").get_json()["keys"]}


def test_media_are_listed_by_key_with_their_steps_and_captions(ask: Callable[..., Any]) -> None:
    keys = keys_of(ask)
    assert {name: key["kind"] for name, key in keys.items()} == {
        "view/front": "image",
        "rollout": keys["rollout"]["kind"],
        "voice": "audio",
        "answer": "text",
        "samples": "table",
        "weights": "histogram",
    }
    assert keys["rollout"]["kind"] in ("video", "image")  # a GIF without imageio-ffmpeg
    items = keys["view/front"]["items"]
    assert [item["step"] for item in items] == [0, 10, 20]
    assert items[1]["caption"] == "step 10"


def test_a_file_is_answered_by_its_number_with_its_type_and_nothing_runs_in_it(
    ask: Callable[..., Any],
) -> None:
    keys = keys_of(ask)
    for key, kind in (("view/front", "image/png"), ("voice", "audio/wav")):
        with ask(f"/media/{keys[key]['items'][0]['id']}") as answer:
            assert answer.status_code == 200
            assert answer.mimetype == kind
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_player_gets_the_part_of_a_sound_that_it_asks_for(ask: Callable[..., Any]) -> None:
    number = keys_of(ask)["voice"]["items"][0]["id"]
    with ask(f"/media/{number}") as answer:
        whole = answer.data
    with ask(f"/media/{number}", headers={"Range": "bytes=4-7"}) as part:
        assert (part.status_code, part.data) == (206, whole[4:8])
        assert part.headers["Content-Range"] == f"bytes 4-7/{len(whole)}"
    with ask(f"/media/{number}", headers={"Range": "bytes=99999999-"}) as answer:
        assert answer.data == whole


def test_texts_tables_and_histograms_are_answered_as_data(ask: Callable[..., Any]) -> None:
    keys = keys_of(ask)

    def content(key: str) -> Any:
        return ask(f"/media/{keys[key]['items'][0]['id']}/content").get_json()

    assert content("answer")["text"] == "**bold** <b>plain</b>"
    table = content("samples")
    assert (table["columns"], table["rows"]) == (["name", "score"], [["first", 1.5], ["second", None]])
    histogram = content("weights")
    assert histogram["histogram"] == {"edges": [0.0, 1.0, 2.0, 3.0], "counts": [1.0, 2.0, 1.0]}
    assert (histogram["mean"], histogram["not_finite"]) == (1.25, 1)


def test_html_is_a_download_and_never_a_page(ask: Callable[..., Any], run: Path) -> None:
    (run / "media" / "plot").mkdir()
    (run / "media" / "plot" / "0.html").write_text("<script>alert(1)</script>")
    add_line(run, {"key": "plot", "step": 0, "path": "media/plot/0.html", "type": "figure"})
    key = keys_of(ask)["plot"]
    assert key["kind"] == "file"
    with ask(f"/media/{key['items'][0]['id']}") as answer:
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert ask(f"/media/{key['items'][0]['id']}/content").status_code == 404


def add_line(run: Path, line: Any) -> int:
    """Add a line to the index; returns its number."""
    index = run / "media" / "index.jsonl"
    number = index.stat().st_size
    with index.open("a") as file:
        file.write(json.dumps(line) + "\n")
    return number


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/passwd", "media/../../secret.png", "media/out.png", "media/.hidden.png"]
)
def test_an_index_that_names_other_files_leads_nowhere(ask: Callable[..., Any], run: Path, path: str) -> None:
    (run.parent / "secret.png").write_bytes(b"do not show")
    (run / "media" / ".hidden.png").write_bytes(b"do not show")
    (run / "media" / "out.png").symlink_to(run.parent / "secret.png")
    number = add_line(run, {"key": "k", "step": 0, "path": path, "type": "image"})
    assert ask(f"/media/{number}").status_code == 404


def test_a_number_inside_a_line_or_beyond_the_index_is_no_file(ask: Callable[..., Any], run: Path) -> None:
    # The text of a caption that looks like a line of the index.
    number = add_line(run, {"caption": '{"key": "k", "path": "media/x.png"}', "key": "k", "path": "media/x"})
    for wrong in (number + 13, number + 1, 10**12, 10**40):
        assert ask(f"/media/{wrong}").status_code == 404
    assert ask("/media/-1").status_code == 404


def test_a_torn_index_shows_what_is_whole(ask: Callable[..., Any], run: Path) -> None:
    with (run / "media" / "index.jsonl").open("ab") as file:
        file.write(b'nonsense\n["list"]\n{"key": 3, "path": "media/x"}\n{"key": "torn", "path"')
    assert set(keys_of(ask)) == {"view/front", "rollout", "voice", "answer", "samples", "weights"}


def test_secrets_of_a_run_are_masked_in_its_media(ask: Callable[..., Any], run: Path) -> None:
    (run / "config" / "parameter.json").write_text(json.dumps({"password": PASSWORD}))
    (run / "media" / "note").mkdir()
    (run / "media" / "note" / "0.txt").write_text(f"login with {PASSWORD}\n")
    add_line(run, {"key": "note", "step": 0, "path": "media/note/0.txt", "type": "text", "caption": PASSWORD})
    (item,) = keys_of(ask)["note"]["items"]
    for part in ("", f"/{item['id']}", f"/{item['id']}/content"):
        with ask(f"/media{part}") as answer:
            assert answer.status_code == 200
            assert PASSWORD not in answer.text


def test_a_run_without_records_has_empty_answers(make_run: Any, page: Any, library: Any) -> None:
    make_run("plain", "step,loss\n1,2\n")
    library.refresh()
    (run,) = page.get("/api/v1/runs").get_json()["columns"][1]["cells"]
    for part, field in (
        ("media", "keys"),
        ("system", "curves"),
        ("checkpoints", "checkpoints"),
        ("alerts", "alerts"),
    ):
        assert page.get(f"/api/v1/runs/{run}/{part}").get_json()[field] == []


def test_system_metrics_keep_their_peaks_gaps_and_times(ask: Callable[..., Any], run: Path) -> None:
    rows = [f"{1.79e9 + 15 * row},{row},{900 if row == 333 else row % 100},,50\n" for row in range(1000)]
    (run / "system.csv").write_text(SYSTEM + "".join(rows) + "1.8e9,12")
    content = ask("/system?points=100").get_json()
    assert (content["samples"], content["start"]) == (1000, 1.79e9)
    cpu, gpu = content["curves"]  # not rss_bytes: it was never measured
    assert (cpu["name"], cpu["peak"], cpu["last"], gpu["peak"]) == ("cpu_percent", 900, 99, 50)
    assert len(cpu["time"]) <= 100
    assert 900 in cpu["values"]
    (run / "system.csv").write_text(SYSTEM + "1,1,5,7,\n2,1,,8,\n3,1,6,9,\n")
    cpu, rss = ask("/system").get_json()["curves"]
    assert (cpu["time"], cpu["values"], rss["values"]) == ([1, 2, 3], [5, None, 6], [7, 8, 9])


def test_peaks_are_facts_of_the_run_and_columns_of_the_list(
    ask: Callable[..., Any], run: Path, page: Any, library: Any
) -> None:
    path = run / "config" / "run_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "system_peaks": {"rss_bytes": 2.5e9}}))
    library.refresh()
    about = ask().get_json()
    assert about["peaks"] == {"rss_bytes": 2.5e9}
    assert "system_peaks" not in [row["name"] for row in about["settings"]]
    content = page.get("/api/v1/runs?column=peak:rss_bytes&column=peak:cpu_percent").get_json()
    assert content["peaks"] == ["rss_bytes"]
    cells = {column["key"]: column for column in content["columns"]}
    assert cells["peak:rss_bytes"]["cells"] == [2_500_000_000]
    assert cells["peak:cpu_percent"]["cells"] == [None]


def test_checkpoints_tell_what_is_there_and_which_is_best(ask: Callable[..., Any], run: Path) -> None:
    content = ask("/checkpoints").get_json()
    newest, _ = content["checkpoints"]
    assert (newest["path"], newest["step"], newest["bytes"], newest["exists"]) == (
        "model-20.pt",
        20,
        20,
        True,
    )
    assert newest["best"] == ["loss", "return"]  # the smallest loss
    assert content["smallest"] == ["loss"]
    (run / "model-20.pt").unlink()
    newest, _ = ask("/checkpoints").get_json()["checkpoints"]
    assert (newest["exists"], newest["best"]) == (False, [])
    with (run / "checkpoints.jsonl").open("a") as file:
        file.write('{"path": "model-10.pt", "deleted": "2026-11-29T10:00:00+00:00"}\n')
        file.write(json.dumps({"path": "/other/machine.pt", "step": 30, "metrics": {"loss": None}}) + "\n")
        file.write('{"path": "../a/model.pt"}\nnonsense\n')
    above, outside, _, pruned = ask("/checkpoints").get_json()["checkpoints"]
    assert (above["exists"], outside["exists"], outside["metrics"]) == (None, None, {"loss": None})
    assert (pruned["path"], pruned["exists"], pruned["deleted"]) == ("model-10.pt", False, 1795946400)


def test_alerts_have_their_level_their_text_and_when_they_recovered(
    ask: Callable[..., Any], run: Path
) -> None:
    file = run / "config" / "alerts.jsonl"
    begin = int(time.time())
    assert claim(file, Alert("nan", "loss is NaN", "at step 3", ERROR))
    assert claim(file, Alert("nan", "loss is a number again", is_active=False))
    assert claim(file, Alert("dead", "the process is gone"))
    with file.open("a") as more:
        more.write('{"cause": "old", "active": true, "title": "without a level", "time": "odd"}\n')
    old, dead, nan = ask("/alerts").get_json()["alerts"]
    assert (nan["level"], nan["title"], nan["text"], nan["cause"]) == (
        "error",
        "loss is NaN",
        "at step 3",
        "nan",
    )
    assert nan["recovered"] >= nan["time"] >= begin
    assert (dead["recovered"], old["level"], old["time"]) == (None, "warning", None)


LOG = "\x1b[32mstart\x1b[0m\nloss 0.5 error: 0.1\n\x1b[1;31mERROR\x1b[0m no memory\nmore\nValueError: bad\n"


def test_the_log_keeps_its_colours_where_they_are_asked_for(ask: Callable[..., Any], run: Path) -> None:
    (run / "log.txt").write_text(LOG + "\x1b[2J\x1b]0;title\x07\x1b[3mslant\x1b[0m\x07\n")
    coloured = ask("/log?colours=1").get_json()["text"]
    assert coloured == LOG + "\x1b[3mslant\x1b[0m\n"
    assert ask("/log").get_json()["text"] == without_colours(coloured)


@pytest.mark.parametrize(
    "data", [b"a\x1b[31mb\rc\x1b[0m\n", b"\x1b[0m\r\x1b[1mx\n", b"x\x1b]0;t\x07\x1b[9", b"\x1b\x9b"]
)
def test_a_coloured_text_without_its_colours_is_the_plain_one(data: bytes) -> None:
    assert without_colours(clean(data, colours=True)) == clean(data)


def test_a_secret_with_colours_in_it_is_masked(ask: Callable[..., Any], run: Path) -> None:
    (run / "config" / "parameter.json").write_text(json.dumps({"password": PASSWORD}))
    (run / "log.txt").write_text(f"\x1b[31mlogin\x1b[0m {PASSWORD[:7]}\x1b[1m{PASSWORD[7:]}\n")
    text = ask("/log?colours=1").get_json()["text"]
    assert PASSWORD not in without_colours(text)
    assert text.startswith("login")


def test_a_search_finds_lines_of_the_whole_log_with_their_numbers(ask: Callable[..., Any], run: Path) -> None:
    lines = [f"step {row}\n" for row in range(50_000)]
    lines[7] = "the NEEDLE\n"
    (run / "log.txt").write_text("".join(lines))
    content = ask("/log/search?q=needle").get_json()
    (match,) = content["matches"]
    assert (match["line"], match["text"], content["cut"]) == (8, "the NEEDLE", False)
    part = ask(f"/log?at={match['at']}").get_json()
    assert part["text"].split("\n")[part["line"]] == "the NEEDLE"
    assert part["to"] < part["size"]
    many = ask("/log/search?q=step").get_json()
    assert (len(many["matches"]), many["cut"]) == (1000, True)
    assert ask("/log?at=-5").get_json()["line"] == 0
    assert ask(f"/log?at={10**30}").status_code == 200


def test_errors_are_found_and_metrics_of_that_name_are_not(ask: Callable[..., Any], run: Path) -> None:
    (run / "log.txt").write_text(LOG + "train/error: 3\nTraceback (most recent call last):\n  File\n")
    found = ask("/log/search").get_json()["matches"]
    assert [match["line"] for match in found] == [3, 5, 7]
    assert found[0]["text"] == "ERROR no memory"


def test_a_search_does_not_tell_what_is_in_a_secret(ask: Callable[..., Any], run: Path) -> None:
    (run / "config" / "parameter.json").write_text(json.dumps({"password": PASSWORD}))
    (run / "log.txt").write_text(f"login {PASSWORD}\nhorse\n")
    assert [match["line"] for match in ask("/log/search?q=horse").get_json()["matches"]] == [2]
    (login,) = ask("/log/search?q=login").get_json()["matches"]
    assert PASSWORD not in login["text"]


def test_json_lines_are_shown_as_a_table(ask: Callable[..., Any], run: Path) -> None:
    (run / "rows.jsonl").write_text('{"a": 1, "b": "x"}\n{"a": 2.5, "c": [1, 2]}\n')
    content = ask("/preview?name=rows.jsonl").get_json()
    assert (content["kind"], content["header"]) == ("table", ["a", "b", "c"])
    assert content["rows"] == [["1", "x", ""], ["2.5", "", "[1, 2]"]]
    (run / "rows.jsonl").write_text('{"a": 1}\n[2]\n')
    assert ask("/preview?name=rows.jsonl").get_json()["kind"] == "json"


def test_a_recorded_traceback_is_shown_with_the_exit_status(
    ask: Callable[..., Any], run: Path, library: Any
) -> None:
    trace = "Traceback (most recent call last):\n  File\nValueError: bad\n"
    status = run / "config" / "status.json"
    status.write_text(
        json.dumps({"state": "failed", "error": "ValueError: bad", "traceback": trace, "exit_status": 1})
    )
    library.refresh()
    assert ask().get_json()["failure"] == {
        "error": "ValueError: bad",
        "exit_status": 1,
        "traceback": trace.rstrip("\n"),
        "source": "config/status.json",
    }
    status.write_text(json.dumps({"state": "failed", "error": trace}))
    library.refresh()
    failure = ask().get_json()["failure"]
    assert (failure["error"], failure["traceback"]) == ("ValueError: bad", trace.rstrip("\n"))


def test_the_bell_shows_the_latest_alerts_of_a_long_file_and_no_secret(
    page: Any, ask: Callable[..., Any], run: Path
) -> None:
    (run / "config" / "parameter.json").write_text(json.dumps({"api_token": PASSWORD}))
    line = {"active": True, "cause": "nan", "title": f"loss is NaN at {PASSWORD}", "level": "error"}
    old = [
        {**line, "title": "x" * 500, "time": f"2026-01-01T00:{minute:02}:00+00:00"} for minute in range(60)
    ]
    lines = [*old * 4, {**line, "time": "2026-01-02T00:00:00+00:00"}]
    (run / "config" / "alerts.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    assert ask("/alerts").get_json()["alerts"][0]["title"].startswith("loss is NaN at")
    alerts = [each for each in page.get("/api/v1/events").get_json()["events"] if each["kind"] == "nan"]
    assert alerts[0]["title"].startswith("loss is NaN at")
    assert PASSWORD not in json.dumps(alerts)
