"""The page of a run in a browser: failure first, growing numbers, files that are looked at and never run."""

from __future__ import annotations

import base64
import re
import shutil

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")


def open_run(open_page, site, name: str, **more):
    page = open_page(f"{site.url}/experiment?q=name+%3D+{name}", **more)
    page.locator(".runtable tbody th.name a", has_text=name).click()
    expect(page.locator("h1")).to_have_text(name)
    return page


def test_a_failed_run_begins_with_its_traceback(site, open_page) -> None:
    page = open_run(open_page, site, "Hopper-v4_policy_lr_0.01_seed_2")
    failure = page.locator(".failure")
    expect(failure).to_contain_text("ValueError: Expected parameter loc to be finite")
    expect(failure.locator("pre")).to_contain_text('File "policy.py", line 27')
    assert failure.bounding_box()["y"] < page.locator(".metrics").bounding_box()["y"]


def test_each_metric_is_a_chart_with_its_last_value_and_a_large_one(site, open_page) -> None:
    page = open_run(open_page, site, "Hopper-v4_policy_lr_0.1_seed_1")
    expect(page.locator(".metrics .panelchart h3")).to_have_text(["episode_return", "policy_loss", "entropy"])
    expect(page.locator('.metrics [data-metric="episode_return"] b')).to_have_text("40")
    page.get_by_role("button", name="Full screen: episode_return").click()
    expect(page.locator("dialog canvas").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_parameters_provenance_log_and_files_are_there(site, open_page) -> None:
    page = open_run(open_page, site, "Hopper-v4_policy_lr_0.1_seed_1")
    expect(page.locator(".facts tr", has_text="batch_size")).to_contain_text("256")
    expect(page.locator(".facts tr", has_text="commit_id")).to_contain_text("d1eaba3")
    expect(page.locator(".facts tr", has_text="start_time").locator("td")).to_have_text(
        re.compile(r"^\d{1,2} \w{3,4} 20\d\d, \d\d:\d\d$")
    )
    expect(page.locator(".log pre")).to_contain_text("iteration 39")
    page.locator(".tree button", has_text="progress.csv").click()
    expect(page.locator(".preview thead th")).to_have_text(
        ["timestep", "episode_return", "policy_loss", "entropy"]
    )
    page.locator(".tree button", has_text="coders.tar").click()
    page.locator(".members button", has_text="main.py").click()
    expect(page.locator(".preview pre")).to_contain_text("LEARNING_RATE = 0.1")
    again = open_page(page.url)
    expect(again.locator(".preview .members")).to_contain_text("main.py")


def test_a_file_and_the_whole_run_are_downloaded(site, open_page, logs) -> None:
    page = open_run(open_page, site, "Hopper-v4_policy_lr_0.1_seed_1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download progress.csv").click()
    original = logs / "Hopper-v4_policy_lr_0.1_seed_1" / "progress.csv"
    assert download.value.path().read_bytes() == original.read_bytes()
    with page.expect_download() as download:
        page.get_by_role("link", name="Zip").click()
    assert download.value.suggested_filename.endswith(".zip")


def test_a_run_that_trains_grows_without_a_reload(site, open_page, logs) -> None:
    name = "Walker2d-v4_policy_lr_0.001_seed_4"
    page = open_run(open_page, site, name)
    expect(page.locator(".title .status")).to_have_text("running")
    last = page.locator('.metrics [data-metric="episode_return"] b')
    expect(last).to_have_text("4.39")
    with (logs / name / "progress.csv").open("a") as table, (logs / name / "log.txt").open("a") as log:
        table.write("4000,9.5,0.1,0.2\n")
        log.write("iteration 40: the newest line\n")
    expect(last).to_have_text("9.5")
    expect(page.locator(".log pre")).to_contain_text("the newest line")


def test_a_new_run_appears_in_the_list_by_itself(serve, open_page, tmp_path, write_run) -> None:
    root = tmp_path / "logfile"
    write_run(root, "first", seed=1)
    page = open_page(f"{serve(root).url}/experiment")
    expect(page.locator(".runtable tbody th.name a")).to_have_text(["first"])
    write_run(root, "second", seed=2, started=1.791e9)
    expect(page.locator(".runtable tbody th.name a")).to_have_text(["second", "first"])


ODD = """<img src=x onerror=alert(1)>&"' 名字 %2F # ? %00 {x}"""


def test_odd_names_are_shown_as_they_are_and_never_run(serve, open_page, tmp_path, write_run) -> None:
    root = tmp_path / "logfile"
    folder = write_run(root, ODD, seed=1, option="<script>alert(1)</script>", **{"<i>key</i>": "&amp;"})
    (folder / "progress.csv").write_text("step,<b>reward</b>\n0,1\n1,nan\n2,inf\n")
    (folder / "<svg onload=alert(1)>.txt").write_text("<script>alert(1)</script>")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    write_run(root, "other", seed=2, option="plain")
    page = open_page(f"{serve(root).url}/experiment")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.locator(".runtable tbody th.name a", has_text="名字").click()
    expect(page.locator("h1")).to_have_text(ODD)
    expect(page.locator(".metrics h3").last).to_have_attribute("title", "<b>reward</b>")
    for name in ("<svg onload", "page.html"):
        page.locator(".tree button", has_text=name).click()
        expect(page.locator(".preview pre")).to_have_text("<script>alert(1)</script>")
    assert page.locator("main img, main b > i, main script").count() == 0


def test_broken_and_empty_runs_are_said_to_be_so(serve, open_page, tmp_path, write_run) -> None:
    root = tmp_path / "logfile"
    (write_run(root, "empty", seed=1) / "progress.csv").write_text("")
    (write_run(root, "torn", seed=2) / "progress.csv").write_text("a,b\n1,\n,,,\nx\n")
    (write_run(root, "unreadable", seed=3) / "config" / "parameter.json").write_text("{")
    page = open_page(f"{serve(root).url}/experiment")
    expect(page.locator(".runtable tbody tr[data-line]")).to_have_count(3)
    for name in ("empty", "torn", "unreadable"):
        page.locator(".runtable tbody th.name a", has_text=name).click()
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator(".signs, .metrics").first).to_be_visible()
        page.go_back()


# One red point.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def test_a_run_shows_its_copy_its_earlier_attempt_and_an_image(serve, open_page, tmp_path, write_run) -> None:
    root = tmp_path / "logfile"
    folder = write_run(root, "again", seed=1, policy_lr=0.1)
    (folder / "episode.png").write_bytes(PNG)
    write_run(root, "copy", seed=1, policy_lr=0.1, rows=20)
    write_run(tmp_path / "logfile_bk", "again_2026-01-31-12-30-00-abc123", seed=1, policy_lr=0.1, rows=10)
    page = open_page(f"{serve(root).url}/experiment")
    page.locator(".runtable tbody th.name a", has_text="again").click()
    expect(page.locator(".signs")).to_contain_text("hold the same measurements")
    page.locator(".tree button", has_text="episode.png").click()
    image = page.locator(".preview img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 1
    page.locator(".attempts summary").click()
    page.locator(".attempts a").click()
    expect(page.locator("h1")).to_contain_text("again_2026-01-31")
    expect(page.locator(".signs")).to_contain_text("An earlier attempt")


def test_a_run_whose_folder_was_deleted_is_said_to_be_gone(
    serve, open_page, faults, tmp_path, write_run
) -> None:
    root = tmp_path / "logfile"
    folder = write_run(root, "gone", seed=1)
    write_run(root, "stays", seed=2)
    page = open_page(f"{serve(root).url}/experiment")
    page.locator(".runtable tbody th.name a", has_text="gone").click()
    expect(page.locator("h1")).to_have_text("gone")
    faults.expected = ("404",)
    shutil.rmtree(folder)
    expect(page.get_by_role("heading", name="This run does not exist")).to_be_visible()
    page.go_back()
    expect(page.locator(".runtable tbody th.name a")).to_have_text(["stays"])


@pytest.mark.parametrize("name", ["none", "%zz", "a%2Fb"])
def test_an_address_of_no_run_says_so_and_leads_back(site, open_page, faults, name: str) -> None:
    faults.expected = ("404",)
    page = open_page(f"{site.url}/experiment")
    page.goto(f"{site.url}/run/{name}")
    expect(page.get_by_role("heading", name="This run does not exist")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".runtable")).to_be_visible()


def test_how_far_a_run_has_come_is_named_by_its_x_column(serve, open_page, write_run, tmp_path) -> None:
    root = tmp_path / "logfile"
    folder = write_run(root, "run_1", seed=1, rows=34)
    (folder / "config" / "status.json").write_text('{"state": "finished", "step": 34}')
    page = open_page(f"{serve(root).url}/experiment")
    page.get_by_role("link", name="run_1").first.click()
    facts = page.locator(".facts > div")
    expect(facts.filter(has_text="timestep")).to_have_text("timestep3300")
    expect(facts.filter(has_text="rows")).to_contain_text("34")
    expect(page.locator(".facts dt").filter(has_text="step")).to_have_count(1)
