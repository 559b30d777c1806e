"""The page of a run of sml_logger in a browser: gallery, log, system metrics, checkpoints, alerts, files."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from .conftest import wait_until

pytestmark = pytest.mark.needs("chromium")

MARKDOWN = """# Notes

A **bold** word, `code`, [a paper](https://example.org/a), [a trap](javascript:document.title='run').

<script>document.title = 'run'</script><img src=x onerror="document.title='run'">

| a | b |
|---|---|
| 1 | 2 |
"""


def make_run(root: Path, name: str, seed: int) -> Path:
    from sml_logger import Logger

    logger = Logger(log_name=name, base_path=str(root), backup_code=False, parameters={"seed": seed})
    run = Path(logger.output_dir)
    for step in (0, 100, 200):
        logger.log({"train/loss": 1.0 / (step + seed)}, step=step)
        logger.log_image("view", np.full((20, 30, 3), step, np.uint8), step, caption=f"{name} at {step}")
        logger.log_text("answer", f"words at {step} <b>plain</b>", step)
    logger.log_table("samples", ["prompt", "score"], [["2 + 2", 0.5]], 100)
    logger.log_histogram("weights", [0.0, 1.0, 1.0, 2.0], 100, bins=4)
    logger.log_audio("voice", np.zeros(800), 100, sample_rate=8000)
    for step, loss in ((100, 0.5), (200, 0.75)):
        file = run / f"model-{step}.pt"
        file.write_bytes(b"0" * step)
        logger.checkpoint(file, step=step, metrics={"val_loss": loss})
    logger.close()
    (run / "media" / "plot.html").write_text("<script>top.document.title = 'run'</script>")
    with (run / "media" / "index.jsonl").open("a") as index:
        line = {"key": "plot", "step": 100, "path": "media/plot.html", "type": "figure", "caption": None}
        index.write(json.dumps(line) + "\n")
    rows = [f"{1.79e9 + 15 * row},{row},{row % 90},{2e9 + row}\n" for row in range(100)]
    (run / "system.csv").write_text("wall_time,step,cpu_percent,rss_bytes\n" + "".join(rows))
    moment = "2026-11-29T10:00:00+00:00"
    alert = {"cause": "nan", "active": True, "level": "error", "title": "loss is NaN", "text": "at step 3"}
    lines = [{**alert, "time": moment}, {"cause": "nan", "active": False, "time": moment}]
    (run / "config" / "alerts.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    colours = [f"\x1b[36m12:00\x1b[0m iteration {number} loss 0.5\n" for number in range(6000)]
    colours[2000] = "\x1b[1;31mERROR\x1b[0m worker lost\n"
    (run / "log.txt").write_text("".join(colours) + "Traceback (most recent call last):\nValueError: bad\n")
    (run / "NOTES.md").write_text(MARKDOWN)
    (run / "episodes.jsonl").write_text('{"episode": 1, "length": 20}\n{"episode": 2, "won": true}\n')
    return run


@pytest.fixture(scope="module")
def records(serve, tmp_path_factory):
    root = tmp_path_factory.mktemp("records")
    for seed, name in enumerate(("first", "second"), 1):
        make_run(root, name, seed)
    site = serve(root / "logfile", login="free")

    def is_read() -> bool:
        with urllib.request.urlopen(f"{site.url}/api/v1/runs") as answer:
            return json.load(answer)["count"] == 2

    wait_until(is_read)
    return site


def id_of(site, name: str) -> str:
    return json.loads((site.folder / name / "config" / "run_config.json").read_text())["run_id"]


@pytest.fixture
def page(records, open_page):
    return open_page(f"{records.url}/run/{id_of(records, 'first')}")


def test_the_words_of_the_run_page_are_there_however_late_those_of_the_shell_come(page) -> None:
    def late(route) -> None:
        time.sleep(1.5)
        route.continue_()

    page.route(re.compile(r"/locales/en(\.plots|\.charts)?\.json"), late)
    page.reload()
    expect(page.locator("section.media output")).to_have_text(re.compile(r"^step \d+$"))


def test_one_slider_moves_through_the_steps_of_all_media(page) -> None:
    gallery = page.locator("section.media")
    expect(gallery.locator(".mediarow h3")).to_have_count(6)
    expect(gallery.locator("output")).to_have_text("step 200")
    slider = gallery.get_by_role("slider", name="Step")
    slider.press("ArrowLeft")
    expect(gallery.locator("output")).to_have_text("step 100")
    expect(gallery.get_by_text("first at 100")).to_be_visible()
    expect(gallery.locator("pre")).to_have_text("words at 100 <b>plain</b>")
    expect(gallery.locator("img")).to_have_js_property("complete", True)
    assert gallery.locator("img").evaluate("image => image.naturalWidth") == 30
    slider.press("Home")
    expect(gallery.get_by_text("Nothing up to this step.")).to_have_count(4)
    assert "mediastep=0" in page.url
    page.reload()
    expect(page.locator("section.media output")).to_have_text("step 0")


def test_tables_histograms_and_sounds_are_shown_and_html_is_only_offered(page) -> None:
    gallery = page.locator("section.media")
    expect(gallery.locator(".mediacontent table td").first).to_have_text("2 + 2")
    expect(gallery.locator("svg.histogram rect")).to_have_count(4)
    page.wait_for_function("document.querySelector('section.media audio').readyState >= 0")
    plot = gallery.locator(".mediarow", has=page.locator("h3", has_text="plot"))
    expect(plot.get_by_text("Download only")).to_be_visible()
    with page.expect_download() as download:
        plot.get_by_role("link", name="Download plot").click()
    assert download.value.suggested_filename == "plot.html"


def test_an_image_is_enlarged_and_a_sound_can_be_played(page) -> None:
    gallery = page.locator("section.media")
    gallery.get_by_role("button", name="Enlarge: view").click()
    expect(page.locator("dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    length = gallery.locator("audio").evaluate(
        """sound => new Promise((done) => {
            sound.onloadedmetadata = () => done(sound.duration);
            sound.preload = "auto";
            sound.load();
        })"""
    )
    assert length == pytest.approx(0.1)


def test_runs_are_compared_side_by_side_with_one_slider(records, open_page, check_access) -> None:
    ids = [id_of(records, name) for name in ("first", "second")]
    page = open_page(f"{records.url}/experiment?compare={ids[0]}&compare={ids[1]}")
    gallery = page.locator("section.media")
    gallery.get_by_role("slider", name="Step").press("ArrowLeft")
    for name in ("first", "second"):
        expect(gallery.get_by_text(f"{name} at 100")).to_be_visible()
    expect(gallery.locator("img")).to_have_count(2)
    check_access(page)


def test_a_gallery_that_cannot_be_loaded_is_an_error_in_the_comparison(records, open_page, faults) -> None:
    faults.expected += ("gallery",)
    ids = [id_of(records, name) for name in ("first", "second")]
    page = open_page(f"{records.url}/experiment")
    page.route("**/gallery*.js", lambda route: route.abort())
    page.goto(f"{records.url}/experiment?compare={ids[0]}&compare={ids[1]}")
    expect(page.get_by_text("This part of the page could not be loaded")).to_be_visible()
    expect(page.locator("section.media")).to_have_count(0)


def test_the_log_has_colours_and_leads_to_the_first_error_and_the_next(page) -> None:
    log = page.locator(".log pre")
    expect(log.locator(".ansi-ink6").first).to_have_text("12:00")
    expect(log).to_contain_text("ValueError: bad")
    assert "\x1b" not in (log.text_content() or "")
    page.get_by_role("button", name="Errors").click()
    expect(page.locator(".logsearch output")).to_have_text("1 of 3")
    expect(log.locator(".hit")).to_have_text("ERROR worker lost")
    expect(log.locator(".hit")).to_be_in_viewport()
    page.get_by_role("button", name="Next match").click()
    expect(log.locator(".hit")).to_have_text("Traceback (most recent call last):")


def test_a_search_marks_its_matches_in_the_whole_log_and_the_end_is_followed_again(page, records) -> None:
    log = page.locator(".log pre")
    expect(log).to_contain_text("ValueError: bad")
    page.get_by_role("searchbox", name="Search the log").fill("ITERATION 42 ")
    expect(log.locator(".hit mark")).to_have_text("iteration 42 ")
    page.get_by_role("button", name="To the end").click()
    expect(log.locator(".hit")).to_have_count(0)
    page.get_by_role("searchbox", name="Search the log").fill("no such words")
    expect(page.locator(".logsearch output")).to_have_text("No matches")
    page.keyboard.press("Escape")
    expect(page.locator(".logsearch output")).to_have_count(0)
    with (records.folder / "first" / "log.txt").open("a") as file:
        file.write("a last line\n")
    expect(log).to_contain_text("a last line")
    assert log.evaluate("box => box.scrollHeight - box.scrollTop - box.clientHeight") < 40


def test_system_metrics_are_charts_with_their_peaks(page) -> None:
    charts = page.locator("section.system .panelchart")
    expect(charts.locator("h3")).to_have_text(["CPU", "Memory (RSS)"])
    expect(charts.locator("figcaption b")).to_have_text(["89%", "2.0 GB"])
    box = charts.first.locator("canvas.over")
    box.scroll_into_view_if_needed()
    box.hover()
    expect(page.locator(".charttip:visible").first).to_contain_text("hours")


def test_checkpoints_show_the_best_one_and_what_is_gone(page, records) -> None:
    table = page.locator("section.checkpoints table")
    expect(table.locator("tbody tr")).to_have_count(2)
    best = table.locator("tr", has_text="model-100.pt")
    expect(best.locator("td.best")).to_contain_text("0.5")
    expect(table.locator("td.best")).to_have_count(1)
    (records.folder / "first" / "model-200.pt").rename(records.folder / "first" / "gone.pt")
    page.reload()
    expect(table.locator("tr", has_text="model-200.pt")).to_contain_text("missing")


def test_alerts_tell_their_level_and_that_they_recovered(page) -> None:
    alert = page.locator("section.alerts li")
    expect(alert).to_contain_text("loss is NaN")
    expect(alert.locator(".chip")).to_have_text("error")
    expect(alert.locator(".recovered")).to_be_visible()


def test_markdown_is_rendered_and_nothing_in_it_runs(page) -> None:
    page.locator(".tree button", has_text="NOTES.md").click()
    preview = page.locator(".preview .markdown")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview.locator("a")).to_have_count(1)
    expect(preview.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    expect(preview.locator("table td")).to_have_text(["1", "2"])
    expect(preview).to_contain_text("<script>")
    assert preview.locator("script, img").count() == 0
    assert page.title() != "run"
    page.get_by_role("button", name="Source").click()
    expect(page.locator(".preview pre")).to_contain_text("# Notes")
    page.keyboard.press("Escape")
    expect(page.locator(".preview")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("first")


def test_json_lines_are_a_table(page) -> None:
    page.locator(".tree button", has_text="episodes.jsonl").click()
    expect(page.locator(".preview thead th")).to_have_text(["episode", "length", "won"])
    expect(page.locator(".preview tbody tr")).to_have_count(2)


def test_the_peaks_of_system_metrics_are_columns_of_the_list(records, open_page) -> None:
    path = records.folder / "second" / "config" / "run_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "system_peaks": {"rss_bytes": 2.5e9}}))
    page = open_page(f"{records.url}/experiment")
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("peak rss_bytes").check()
    expect(page.locator(".runtable tbody tr", has_text="second")).to_contain_text("2.5 GB")


@pytest.mark.parametrize(("width", "language", "scheme"), [(1440, "en-GB", "light"), (390, "zh-CN", "dark")])
def test_the_page_can_be_used_by_everybody(
    records, open_page, check_access, shoot, width, language, scheme
) -> None:
    run = id_of(records, "second")
    page = open_page(f"{records.url}/run/{run}?file=NOTES.md", language=language, width=width, scheme=scheme)
    expect(page.locator("section.media .mediarow h3")).to_have_count(6)
    expect(page.locator("section.checkpoints tbody tr")).to_have_count(2)
    expect(page.locator(".preview .markdown")).to_be_visible()
    check_access(page)
    shoot(page, f"run-records-{width}")
