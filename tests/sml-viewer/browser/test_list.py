"""实验列表 in a browser: every run in sight, found in a keystroke, opened in a click, by keyboard too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sml_config.tasks.tasks import Plan, Task

pytestmark = pytest.mark.needs("chromium")


def names(page) -> list[str]:
    return page.locator(".runtable tbody th.name a").all_inner_texts()


def test_every_run_is_counted_and_only_what_differs_is_a_column(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    counts = {"all": 24, "running": 1, "finished": 21, "failed": 2, "silent": 0}
    expect(page.locator(".strip button")).to_have_count(len(counts))
    for name, count in counts.items():
        expect(page.locator(f".strip [data-filter={name}] b")).to_have_text(str(count))
    expect(page.locator(".runtable thead th")).to_have_text(
        [
            "status",
            "name",
            "episode_return curve",
            "episode_return",
            "env_name",
            "policy_lr",
            "seed",
            "started",
        ]
    )


def test_a_filter_is_in_the_address_and_a_link_reproduces_the_view(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator("[data-filter=failed]").click()
    page.locator(".runtable thead").get_by_role("button", name="policy_lr").click()
    page.locator("#query").fill("Hopper")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(1)
    page.wait_for_url(re.compile("q=Hopper"))
    again = open_page(page.url)
    expect(again.locator(".runtable tbody th.name a")).to_have_count(1)
    assert names(again) == names(page)
    assert again.locator("[data-filter=failed]").get_attribute("aria-pressed") == "true"
    expect(again.locator("[aria-sort]")).to_contain_text("policy_lr")


def test_a_wrong_query_is_pointed_at(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator("#query").fill("polcy_lr < 0.1")
    error = page.locator("#query-error")
    expect(error).to_contain_text("policy_lr")
    expect(error.locator("mark")).to_have_text("polcy_lr")
    expect(page.locator(".strip [data-filter=all] b")).to_have_text("24")  # what was there stays


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("show=hidden", "No run is hidden"),
        ("q=seed+%3D+99", "No run matches the query"),
        (
            "q=seed+%3D+1&show=hidden",
            re.compile(r"^No run is hidden among the \d+ runs? that match(es)? the query$"),
        ),
        ("q=started+%3E+yesterday", "The query is not valid"),
        ("runs=gone", "None of the chosen runs exists any more"),
    ],
)
def test_an_empty_list_says_why_it_is_empty(site, open_page, address: str, reason: str) -> None:
    page = open_page(f"{site.url}/experiment?{address}")
    expect(page.locator(".empty").get_by_text(reason)).to_be_visible()


def test_a_filter_that_leaves_nothing_is_lifted_without_the_query(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?q=seed+%3D+1&show=silent")
    page.get_by_role("button", name=re.compile(r"^Show these \d+ runs$")).click()
    expect(page.locator(".runtable tbody th.name a").first).to_be_visible()
    assert page.locator("#query").input_value() == "seed = 1"


def test_selected_runs_that_a_filter_leaves_out_are_counted(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    for number in range(2):
        page.locator(".runtable tbody input").nth(number).click()
    page.locator("#query").fill("seed = 99")
    expect(page.locator(".bulk")).to_contain_text("2 not in this list")
    foot = page.locator(".bulk").bounding_box()
    assert foot is not None
    assert foot["y"] + foot["height"] > 880  # at the foot of the window


def test_a_selected_run_keeps_the_colour_of_its_state(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    row = page.locator(".runtable tbody tr", has=page.locator("[data-status=failed]")).first
    row.locator("input").click()
    colours = row.locator(".status").evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node.querySelector('i')).color]"
    )
    assert colours[0] == colours[1]


def test_a_wrong_query_after_one_that_matches_nothing_is_called_wrong(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?q=seed+%3D+99")
    expect(page.locator(".empty")).to_contain_text("No run matches the query")
    page.locator("#query").fill("seed = 99 and nonsense <")
    expect(page.locator(".empty")).to_contain_text("The query is not valid")


def test_a_query_typed_letter_by_letter_logs_nothing_in_the_console(site, open_page, faults) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator("#query").press_sequentially("seed = 1 and (nosuch <", delay=60)
    expect(page.locator("#query-error")).to_contain_text("nosuch")
    assert faults.all() == []


def test_the_keyboard_alone_finds_marks_and_opens(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("policy_lr = 0.1")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(8)
    page.wait_for_url(re.compile("q=policy_lr[^&]*0.1"))
    expect(page.get_by_role("listbox")).to_be_visible()  # Escape closes it, and would else clear the box
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".bulk b")).to_have_text("2 selected")
    page.keyboard.press("ArrowUp")
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    page.go_back()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(8)


def test_columns_are_chosen_and_runs_grouped(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("searchbox", name="Find").fill("entropy")
    page.get_by_label("max entropy").check()
    expect(page.locator(".runtable thead")).to_contain_text("max entropy")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Group").click()
    page.get_by_role("group", name="Group the list").get_by_label("env_name").check()
    page.keyboard.press("Escape")
    expect(page.locator(".runtable .group")).to_have_count(2)
    page.locator(".runtable .group .fold").first.click()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(12)


def test_runs_are_hidden_restored_tagged_and_noted(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    picks = page.locator(".runtable tbody input[type=checkbox]")
    picks.nth(0).click()
    picks.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".bulk b")).to_have_text("3 selected")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".strip [data-filter=hidden] b")).to_have_text("3")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".strip [data-filter=all] b")).to_have_text("24")
    picks.nth(1).click()
    page.keyboard.press("t")
    page.get_by_label("New tags").fill("paper, draft")
    page.keyboard.press("Enter")
    expect(page.locator(".runtable .chip", has_text="paper")).to_have_count(1)
    page.locator("#query").fill("tag:paper")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(1)


def test_a_note_is_written_found_and_taken_back(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator(".runtable tbody input[type=checkbox]").nth(5).click()
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Note").fill("diverged, <b>see</b> log")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#query").fill('note ~ "<b>see"')
    expect(page.locator(".runtable tbody th.name a")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".runtable tbody th.name a")).to_have_count(0)


def test_the_paths_of_marked_runs_are_copied(site, open_page, logs) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    picks = page.locator(".runtable tbody input[type=checkbox]")
    picks.nth(0).click()
    picks.nth(1).click()
    page.get_by_role("region", name="Selected runs").get_by_role("button", name="More").click()
    page.get_by_role("button", name="Copy paths").click()
    expect(page.get_by_text("2 paths copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied == [f"{logs}/Hopper-v4_policy_lr_0.001_seed_{seed}" for seed in (1, 2)]


def test_escape_clears_the_query_when_nothing_is_suggested(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    box = page.locator("#query")
    box.fill("zzz")
    expect(page.locator(".empty")).to_be_visible()
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press("Escape")
    expect(box).to_have_value("")
    expect(page.locator(".strip [data-filter=all] b")).to_have_text("24")


def test_what_a_plan_still_lacks_is_counted_and_leads_to_the_matrix(
    serve, open_page, tmp_path, write_run
) -> None:
    folder = tmp_path / ".sml-launch" / "plans"
    folder.mkdir(parents=True)
    tasks = [Task(("python", "main.py"), {"env_name": "Ant", "seed": seed}) for seed in (1, 2, 3)]
    Plan(tuple(tasks)).save(folder / "a1b2c3.json")
    write_run(tmp_path / "logfile", "first", env_name="Ant", seed=1)
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment")
    expect(page.locator("[data-filter=missing] b")).to_have_text("2")
    page.locator("[data-filter=missing]").click()
    expect(page.locator(".matrix a.cell")).to_have_count(1)


def test_a_session_that_ended_meanwhile_is_asked_for_again(site, open_page, faults) -> None:
    faults.expected = ("403",)
    page = open_page(f"{site.url}/experiment")
    page.locator(".runtable tbody input[type=checkbox]").first.click()
    page.context.clear_cookies()
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".strip [data-filter=hidden] b")).to_have_text("1")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".strip [data-filter=hidden]")).to_have_count(0)


def test_two_runs_are_compared(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?q=seed+%3D+1+and+Hopper&sort=parameter:policy_lr")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(3)
    page.locator(".runtable thead input").check()
    page.keyboard.press("c")
    table = page.locator(".compare > .scroll table")
    expect(table.locator("tr.differs", has_text="policy_lr").locator("td")).to_have_text(
        ["0.001", "0.01", "0.1"]
    )
    expect(table).not_to_contain_text("batch_size")
    page.get_by_label("Only what differs").uncheck()
    expect(table).to_contain_text("batch_size")
    expect(page.locator(".diff .added").first).to_contain_text("LEARNING_RATE = 0.01")


def test_a_zip_of_marked_runs_is_downloaded(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator(".runtable tbody input[type=checkbox]").nth(0).click()
    page.locator(".runtable tbody input[type=checkbox]").nth(1).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Zip").click()
    assert download.value.suggested_filename.endswith(".zip")
    expect(page.locator(".toast")).to_contain_text("Download of 2 runs started")


def test_plans_are_told_apart_by_their_folder_and_number_of_tasks(
    serve, open_page, write_run, tmp_path: Path
) -> None:
    write_run(tmp_path / "logfile", "a", policy_lr=0.1, seed=1)
    plans = tmp_path / ".sml-launch" / "plans"
    plans.mkdir(parents=True)
    for name, seeds in (("a1", 1), ("b2", 3)):
        tasks = [Task(("python",), {"policy_lr": 0.1, "seed": seed + 1}) for seed in range(seeds)]
        Plan(tuple(tasks)).save(plans / f"{name}.json")
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment?view=coverage")
    choice = page.get_by_label("Plan", exact=True)
    expect(choice).to_contain_text(f"{tmp_path} · 1 task ·")
    expect(choice).to_contain_text(f"{tmp_path} · 3 tasks ·")


def test_the_matrix_shows_what_was_run(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?view=coverage")
    expect(page.locator(".matrix tbody tr")).to_have_count(3)
    expect(page.locator(".matrix a.cell")).to_have_count(24)
    page.locator(".matrix a.cell[data-state=failed]").first.click()
    expect(page.locator(".failure")).to_be_visible()
