"""The list of runs in a browser: curves, means of groups, the best, a baseline, pins, eyes, keys, narrow."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs("chromium")

COLUMNS = (
    "column=curve:episode_return&column=last:episode_return&column=last:policy_loss&column=parameter:seed"
)


def row(page: Page, name: str):
    """The line of a run."""
    return page.locator(".runtable tbody tr", has=page.locator(f'a[title="{name}"]'))


def names(page: Page) -> list[str]:
    links = page.locator(".runtable tbody th.name a")
    return [link.get_attribute("title") for link in links.all()]


def last_return(folder: Path) -> float:
    return float((folder / "progress.csv").read_text().splitlines()[-1].split(",")[1])


def run_id(folder: Path) -> str:
    return str(json.loads((folder / "config" / "run_config.json").read_text())["run_id"])


def test_each_run_in_sight_has_a_small_curve_of_the_score(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    expect(page.locator(".small-curve")).to_have_count(24)
    expect(page.locator(".small-curve path").first).to_have_attribute("d", re.compile("^M.*L"))
    page.goto(f"{site.url}/experiment?score=entropy")
    expect(page.locator(".runtable thead")).to_contain_text("entropy curve")
    expect(page.locator(".small-curve").first).to_have_attribute("aria-label", re.compile("entropy"))


def test_a_group_shows_the_mean_and_error_of_the_table(site, open_page, logs) -> None:
    group = "group=parameter:env_name&group=parameter:policy_lr"
    page = open_page(f"{site.url}/experiment?{group}&{COLUMNS}")
    values = [last_return(logs / f"Hopper-v4_policy_lr_0.1_seed_{seed}") for seed in (1, 2, 3, 4)]
    head = page.locator(".runtable .group", has_text="Hopper-v4 · 0.1")
    expect(head).to_contain_text("4 runs")
    mean, error = statistics.mean(values), statistics.stdev(values) / 2
    expect(head.locator("td.number").first).to_contain_text(f"{mean:.4g}")
    expect(head.locator(".error").first).to_have_text(f"± {error:.2g}")


def test_percent_and_fractions_have_no_mean_and_no_best(serve, open_page, tmp_path: Path) -> None:
    for number, (method, value) in enumerate([("a", 61.0), ("a", 0.62), ("b", 0.5), ("b", 0.7)]):
        folder = tmp_path / "shares" / f"r{number}"
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text(f"step,test_accuracy\n0,{value / 2}\n1,{value}\n")
        (folder / "params.json").write_text(json.dumps({"method": method, "seed": number}))
    url = serve(tmp_path / "shares").url
    page = open_page(f"{url}/experiment?group=parameter:method&column=last:test_accuracy")
    groups = page.locator(".runtable .group")
    expect(groups.nth(1)).to_contain_text("0.6")
    expect(groups.nth(0).locator("[title*='as a fraction']")).to_have_count(1)
    expect(page.locator(".runtable .best")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_column_of_percent_and_fractions_says_that_its_order_says_little(
    serve, open_page, tmp_path: Path, check_access, shoot, width: int
) -> None:
    for number, value in enumerate([61.0, 0.62, 0.5, 70.0]):
        folder = tmp_path / "shares" / f"r{number}"
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text(f"step,accuracy,loss\n1,{value / 2},0.5\n2,{value},0.1\n")
    site = serve(tmp_path / "shares")
    page = open_page(
        f"{site.url}/experiment?column=last:accuracy&column=last:loss&sort=-last:accuracy", width=width
    )
    where = page.locator(".runtable thead") if width > 390 else page.get_by_role("button", name="Sort:")
    expect(where).to_contain_text("some runs give it in percent, others as a fraction")
    expect(page.locator(".runtable thead .warn, .choices .warn")).to_have_count(1)
    check_access(page)
    shoot(page, f"list-mixed-units-{width}")


def test_runs_that_are_no_repetitions_get_no_error(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?group=parameter:env_name&{COLUMNS}")
    head = page.locator(".runtable .group").first
    expect(head.locator(".warn")).to_have_attribute("title", re.compile("policy_lr"))
    expect(head.locator("td.number").first).not_to_be_empty()
    expect(head.locator(".error")).to_have_count(0)


def test_what_was_not_measured_is_in_no_mean(serve, open_page, tmp_path: Path, write_run) -> None:
    for seed in (1, 2, 3):
        run = write_run(tmp_path / "logfile", f"run{seed}", policy_lr=0.1, seed=seed)
        rows = "0,nan,1,\n" if seed == 3 else f"0,{seed},1,\n"
        (run / "progress.csv").write_text(f"timestep,episode_return,policy_loss,entropy\n{rows}")
    url = serve(tmp_path / "logfile").url
    page = open_page(f"{url}/experiment?group=parameter:policy_lr&{COLUMNS}")
    head = page.locator(".runtable .group")
    expect(head.locator("td.number").first).to_have_text(re.compile(r"1\.500 ± 0\.5\s*n=2"))


def test_the_best_is_marked_by_the_direction_of_the_metric(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?q=Hopper and policy_lr = 0.1&{COLUMNS}")
    best = page.locator(".runtable b.best")
    expect(best).to_have_count(1)  # of losses all are equal, and seeds are not measured
    expect(row(page, "Hopper-v4_policy_lr_0.1_seed_4").locator("b.best")).to_have_count(1)


def test_the_least_loss_is_the_best(serve, open_page, tmp_path: Path, write_run) -> None:
    for seed in (1, 2):
        run = write_run(tmp_path / "logfile", f"run{seed}", seed=seed)
        (run / "progress.csv").write_text(f"timestep,train_loss\n0,{seed}\n")
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment")
    expect(row(page, "run1").locator("b.best")).to_have_count(1)
    expect(page.locator("b.best")).to_have_count(1)


def test_differences_to_a_baseline_are_shown_and_kept_in_the_address(site, open_page, logs) -> None:
    page = open_page(f"{site.url}/experiment?{COLUMNS}")
    row(page, "Hopper-v4_policy_lr_0.1_seed_1").locator("input").click()
    page.keyboard.press("b")
    expect(page.locator(".bar .only")).to_contain_text("Hopper-v4_policy_lr_0.1_seed_1")
    better = row(page, "Hopper-v4_policy_lr_0.1_seed_4").locator(".delta").first
    expect(better).to_have_text("+3")
    expect(better).to_have_class(re.compile("better"))
    assert f"baseline={run_id(logs / 'Hopper-v4_policy_lr_0.1_seed_1')}" in page.url
    page.reload()
    expect(better).to_have_text("+3")
    page.locator(".bar .only").click()
    expect(page.locator(".delta")).to_have_count(0)


def test_a_group_is_a_baseline_too(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?group=parameter:policy_lr&q=Hopper&{COLUMNS}")
    head = page.locator(".runtable .group").first
    head.hover()
    head.get_by_role("button", name="baseline").click()
    expect(page.locator(".runtable .group").last.locator(".delta").first).to_have_text(re.compile(r"^\+"))


def test_pinned_runs_stay_on_top_of_any_order(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    row(page, "Walker2d-v4_policy_lr_0.1_seed_4").locator("input").click()
    page.keyboard.press("p")
    expect(page.locator(".runtable tbody tr.pinned")).to_have_count(1)
    assert names(page)[0] == "Walker2d-v4_policy_lr_0.1_seed_4"
    page.locator(".runtable thead").get_by_role("button", name="started").click()
    expect(page.locator("[aria-sort]")).to_contain_text("started")
    assert names(page)[0] == "Walker2d-v4_policy_lr_0.1_seed_4"
    page.locator(".runtable .pin").click()
    expect(page.locator(".runtable tbody tr.pinned")).to_have_count(0)


def test_a_pinned_run_still_counts_in_its_group(site, open_page, logs) -> None:
    pinned = run_id(logs / "Hopper-v4_policy_lr_0.1_seed_1")
    group = "group=parameter:env_name&group=parameter:policy_lr"
    page = open_page(f"{site.url}/experiment?{group}&{COLUMNS}&top={pinned}")
    expect(page.locator(".runtable .group", has_text="Hopper-v4 · 0.1")).to_contain_text("4 runs")
    expect(page.locator('.runtable a[title="Hopper-v4_policy_lr_0.1_seed_1"]')).to_have_count(1)


def test_what_all_names_share_is_dim_and_long_names_are_cut_in_the_middle(
    serve, open_page, tmp_path: Path, write_run
) -> None:
    long = "a-very-long-name-of-an-algorithm-that-nobody-can-read"
    for seed in (1, 2):
        write_run(tmp_path / "logfile", f"{long}_lr_0.1_seed_{seed}", seed=seed)
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment")
    link = row(page, f"{long}_lr_0.1_seed_1").locator("a")
    expect(link.locator("i").first).to_be_visible()
    assert link.evaluate("each => each.textContent.endsWith('1')")
    ends = link.locator(".middle > span").last.bounding_box()
    cell = row(page, f"{long}_lr_0.1_seed_1").locator("th.name").bounding_box()
    assert ends["x"] + ends["width"] <= cell["x"] + cell["width"]


def test_the_sorted_column_is_always_in_sight(serve, open_page, tmp_path: Path, write_run) -> None:
    for seed in (1, 2, 3):
        more = {f"parameter_{number}": seed * number for number in range(1, 14)}
        write_run(tmp_path / "logfile", f"run{seed}", seed=seed, **more)
    url = serve(tmp_path / "logfile").url
    page = open_page(f"{url}/experiment?sort=parameter:parameter_11", width=1100)
    head = page.locator(".runtable thead th.sorted")
    expect(head).to_contain_text("parameter_11")
    for left in (0, 4000):
        page.locator(".scroller").evaluate(f"each => each.scrollTo({left}, 0)")
        box = head.bounding_box()
        name = page.locator(".runtable thead th.name").bounding_box()
        assert name["x"] + name["width"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= 1101


def test_keys_move_select_switch_off_and_open(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?sort=name")
    expect(page.locator(".runtable tbody th.name a").first).to_be_visible()
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.title") == names(page)[1]
    page.keyboard.press("x")
    expect(page.locator(".bulk b")).to_have_text("1 selected")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("v")
    expect(page.locator(".runtable tr.off")).to_have_count(1)
    expect(page.get_by_role("button", name="1 run is off")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator(".runtable tr.off")).to_have_count(0)
    third = names(page)[2]
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(third)


def test_groups_are_folded_by_keys(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment?group=parameter:env_name")
    expect(page.locator(".runtable .group")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(12)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".runtable tbody th.name a")).to_have_count(24)


def test_the_selection_outlives_tabs_and_reloads(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment")
    page.locator(".runtable tbody input").nth(3).click()
    page.get_by_role("link", name="Tables").click()
    page.get_by_role("link", name="Runs").click()
    expect(page.locator(".bulk b")).to_have_text("1 selected")
    page.reload()
    expect(page.locator(".bulk b")).to_have_text("1 selected")


def test_a_run_switched_off_beside_the_charts_is_off_everywhere(site, open_page) -> None:
    page = open_page(f"{site.url}/charts?q=Hopper and policy_lr = 0.1&by=runs")
    page.get_by_role("group", name="Beside the charts").get_by_role("button", name="Run list").click()
    rows = page.locator(".sidelist .runtable tbody th.name a")
    expect(rows).to_have_count(4)
    best = page.locator(".sidelist tbody tr", has=page.locator('a[title$="seed_4"]'))
    expect(best.locator("b.best")).to_have_count(1)
    expect(best.locator(".swatch")).to_have_count(1)
    best.locator(".eye").click()
    expect(best.locator(".swatch")).to_have_count(0)
    page.get_by_role("group", name="Beside the charts").get_by_role("button", name="Legend").click()
    expect(page.locator(".lines li")).to_have_count(3)
    page.get_by_role("link", name="Tables").click()
    expect(page.locator("#scores")).to_contain_text("n=3")
    page.locator(".tabs a", has_text="Charts").click()
    page.get_by_role("button", name="1 run is off").click()
    expect(page.locator(".lines li")).to_have_count(4)


def test_the_list_beside_the_charts_keeps_the_ends_of_long_paths(serve, open_page, tmp_path: Path) -> None:
    folders = [
        "study/first_environment/slow_method/stamp_0924&160-[16]/record",
        "a/second/run-8/model/record",
    ]
    folders += [f"study/first_environment/fast_method/seed_{seed}" for seed in (1, 2)]
    for number, name in enumerate(folders):
        (tmp_path / "paths" / name).mkdir(parents=True)
        (tmp_path / "paths" / name / "progress.csv").write_text(f"step,reward\n0,1\n1,{number}\n")
    page = open_page(f"{serve(tmp_path / 'paths').url}/charts?by=runs")
    page.get_by_role("group", name="Beside the charts").get_by_role("button", name="Run list").click()
    for name, end in zip(folders, ("&160-[16]", "run-8/model", "_seed_1", "_seed_2"), strict=True):
        shown = page.locator(f'.sidelist th.name a[title="{name}"]')
        expect(shown).to_have_text(re.compile(f"{re.escape(end.lstrip('_'))}$"))
        last = shown.locator(".middle > span").last
        assert last.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_the_list_beside_the_charts_is_folded_away_and_stays_so(site, open_page) -> None:
    page = open_page(f"{site.url}/charts")
    page.get_by_role("button", name="Close this list").click()
    expect(page.locator(".lines")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Show lines or runs").click()
    expect(page.locator(".lines")).to_be_visible()


def test_compared_runs_show_differences_to_the_baseline(site, open_page, logs) -> None:
    runs = [logs / f"Hopper-v4_policy_lr_{lr}_seed_1" for lr in (0.001, 0.1)]
    ids = "&".join(f"compare={run_id(run)}" for run in runs)
    page = open_page(f"{site.url}/experiment?{ids}")
    table = page.locator(".compare > .scroll table")
    expect(table).not_to_contain_text("batch_size")
    page.get_by_label("Baseline").select_option(label="0.001")
    change = last_return(runs[1]) - last_return(runs[0])
    line = table.locator("tr", has_text="episode_return")
    expect(line.locator(".delta.better")).to_have_text(f"+{change:.3g}")
    expect(line.locator("b.best")).to_have_count(1)
    titles = table.locator("tr.title").all_inner_texts()
    assert [title.split("\n")[0].split(" ")[0] for title in titles][:2] == ["Parameters", "Last"]


def test_a_great_progress_grid_draws_only_what_is_in_sight(
    serve, open_page, tmp_path: Path, write_run
) -> None:
    for number in range(60):
        write_run(
            tmp_path / "logfile", f"run{number}",
            rows=1, policy_lr=0.001 * (number + 1), seed=number, env_name=f"env{number % 5}",
        )  # fmt: skip
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment?view=coverage")
    expect(page.locator(".matrix a.cell").first).to_be_visible()
    assert page.locator(".matrix td").count() < 40 * 60
    scroller = page.locator(".coverage > .scroll")
    scroller.evaluate("each => each.scrollTo(each.scrollWidth, each.scrollHeight)")
    expect(page.locator(".matrix tbody th").last).to_have_text("0.06")
    heads = page.locator(".matrix thead .seed").all_inner_texts()
    assert heads[-1] == "59"


def test_the_grid_shows_the_chosen_runs_alone(site, open_page, logs) -> None:
    run = run_id(logs / "Hopper-v4_policy_lr_0.1_seed_1")
    page = open_page(f"{site.url}/experiment?view=coverage&runs={run}")
    expect(page.locator(".matrix a.cell")).to_have_count(1)


def test_failures_and_ends_are_told_by_the_title_and_the_bell(
    serve, open_page, tmp_path: Path, write_run
) -> None:
    write_run(tmp_path / "logfile", "first", seed=1)
    page = open_page(f"{serve(tmp_path / 'logfile').url}/experiment")
    page.locator(".bell button").click()
    expect(page.locator(".events li")).to_have_count(1)
    page.keyboard.press("Escape")
    write_run(tmp_path / "logfile", "second", seed=2, state="failed")
    expect(page.locator(".bell > b")).to_have_text("1")
    expect(page).to_have_title(re.compile("^✕ 1"))
    assert page.locator("link[rel=icon]").get_attribute("href").endswith("icon-failed.svg")
    page.locator(".bell button").click()
    expect(page.locator(".events li.fresh")).to_contain_text("second")
    page.keyboard.press("Escape")
    expect(page).to_have_title(re.compile("^Runs"))


def test_live_is_not_said_of_a_server_that_is_gone(
    serve, open_page, tmp_path: Path, write_run, faults
) -> None:
    faults.expected = ("ERR_", "Failed to load", "/api/v1/")
    write_run(tmp_path / "logfile", "first", seed=1)
    served = serve(tmp_path / "logfile")
    page = open_page(f"{served.url}/experiment")
    expect(page.locator(".live")).to_have_text("Live")
    served.stop()
    # Twice the time after which a silent server is asked, for a busy machine.
    expect(page.locator(".live")).to_have_text("Offline", timeout=4000)
    served.start()
    expect(page.locator(".live")).to_have_text("Live")


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "en-GB"), (1440, "dark", "zh-CN"), (390, "light", "zh-CN"), (1024, "dark", "en-GB")],
)
def test_the_list_is_accessible_at_every_size(
    site, open_page, logs, check_access, shoot, width: int, scheme: str, language: str
) -> None:
    base = run_id(logs / "Hopper-v4_policy_lr_0.1_seed_1")
    group = "group=parameter:env_name&group=parameter:policy_lr"
    url = f"{site.url}/experiment?{group}&{COLUMNS}&baseline={base}&top={base}"
    page = open_page(url, width=width, scheme=scheme, language=language)
    expect(page.locator(".card, .runtable tbody a").first).to_be_visible()
    page.wait_for_timeout(500)
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"list-{width}-{scheme}-{language}")


def test_on_a_phone_the_cards_are_sorted_and_the_best_is_marked(site, open_page) -> None:
    page = open_page(f"{site.url}/experiment", width=390, height=844)
    best = page.locator(".card b.best")
    page.get_by_role("button", name="Sort: started").click()
    page.locator(".menu").get_by_role("button", name="episode_return").click()
    expect(page.locator(".card").first.locator("b.best")).to_be_visible()
    page.get_by_role("button", name="Sort: episode_return").click()
    page.locator(".menu").get_by_role("button", name="episode_return").click()  # again: in reverse
    expect(page.locator(".card").first.locator("b.best")).to_have_count(0)
    assert best.count() <= 1


def test_beside_the_charts_the_selected_runs_are_charted_by_a_button_with_a_name(site, open_page) -> None:
    page = open_page(f"{site.url}/charts?by=runs")
    page.get_by_role("group", name="Beside the charts").get_by_role("button", name="Run list").click()
    expect(page.locator(".sidelist thead")).to_contain_text("return")
    for number in range(2):
        page.locator(".sidelist tbody input").nth(number).click()
    page.locator(".sidelist .bulk").get_by_text("Chart only these").click()
    expect(page.locator(".sidelist tbody input")).to_have_count(2)


def test_the_list_beside_the_charts_is_accessible(site, open_page, check_access, shoot) -> None:
    page = open_page(f"{site.url}/charts?by=runs", language="zh-CN", scheme="dark")
    page.get_by_role("group", name="曲线旁边").get_by_role("button", name="实验列表").click()
    expect(page.locator(".sidelist .runtable tbody a").first).to_be_visible()
    page.locator(".sidelist tbody input").first.click()
    check_access(page)
    shoot(page, "list-beside-charts")
