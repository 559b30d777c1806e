"""The page shows runs, their files and their curves to this machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def client(page) -> FlaskClient:
    return page.client


def first_run(client: FlaskClient) -> str:
    page = client.get("/plain/experiment").text
    return page.partition('<td><a href="')[2].partition('"')[0]


@pytest.mark.usefixtures("grid")
def test_the_list_shows_every_run_and_what_differs(client: FlaskClient) -> None:
    page = client.get("/plain/experiment").text
    assert "<h1>12 runs</h1>" in page
    for name in ("env_name", "policy_lr", "seed", "last episode_return"):
        assert f">{name}</th>" in page


def test_a_folder_without_runs_says_what_to_do(client: FlaskClient) -> None:
    for address in ("/plain/experiment", "/plain/plot", "/plain/table"):
        answer = client.get(address)
        assert answer.status_code in (200, 404)
        assert "progress.csv" in answer.text


def test_an_empty_table_does_not_break_any_page(client: FlaskClient, make_run) -> None:
    make_run("broken", "")
    assert "progress.csv: is empty" in client.get("/plain/experiment").text
    assert "no run has a row" in client.get("/plain/plot").text
    assert client.get(first_run(client)).status_code == 200


@pytest.mark.usefixtures("grid")
def test_a_run_shows_parameters_files_and_log(client: FlaskClient, logs: Path) -> None:
    (logs / "Acrobot-v1_0.01_1" / "log.txt").write_text("the last line\n")
    page = client.get(first_run(client)).text
    assert "the last line" in page
    assert "config/parameter.json" in page
    assert "<th>policy_lr</th><td>0.01</td>" in page


@pytest.mark.usefixtures("grid")
def test_a_file_is_previewed_and_downloaded(client: FlaskClient, logs: Path) -> None:
    run = first_run(client)
    assert "timestep,episode_return" in client.get(f"{run}/preview/progress.csv").text
    with client.get(f"{run}/download/progress.csv") as answer:
        content = answer.get_data()
    assert content == (logs / "Acrobot-v1_0.01_1" / "progress.csv").read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    "name", ["../secret", "..%2fsecret", "/etc/passwd", "%2e%2e/secret", "link", "a%00b", "config"]
)
def test_nothing_outside_the_run_is_served(client: FlaskClient, logs: Path, name: str) -> None:
    (logs / "secret").write_text("hidden")
    (logs / "Acrobot-v1_0.01_1" / "link").symlink_to(logs / "secret")
    run = first_run(client)
    for way in ("preview", "download"):
        answer = client.get(f"{run}/{way}/{name}", follow_redirects=True)
        assert answer.status_code == 404
        assert b"hidden" not in answer.data


def test_names_are_text_and_never_markup(client: FlaskClient, make_run) -> None:
    make_run("<script>alert(1)<", "step,<b>reward\n0,1\n1,2\n", env_name="<i>x</i>")
    for address in ("/plain/experiment", "/plain/plot", "/plain/table"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<b>reward" not in page
        assert "<i>x" not in page


@pytest.mark.usefixtures("grid")
def test_the_figure_is_an_image_and_the_table_marks_the_best(client: FlaskClient) -> None:
    assert b"<svg" in client.get("/plain/plot/figure.svg").data
    page = client.get("/plain/table").text
    assert page.count("<b>") == 2


@pytest.mark.usefixtures("grid")
def test_an_unknown_column_is_answered_with_the_known_ones(client: FlaskClient) -> None:
    assert "timestep, episode_return" in client.get("/plain/plot?y=none").text


def test_another_name_for_this_machine_is_refused(client: FlaskClient) -> None:
    assert client.get("/plain/experiment", headers={"Host": "evil.example"}).status_code == 403


def test_an_unknown_run_is_not_found(client: FlaskClient) -> None:
    assert client.get("/plain/experiment/none").status_code == 404


def test_the_browser_is_told_to_run_no_script(client: FlaskClient) -> None:
    headers = client.get("/plain/experiment").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
