"""One HTML page answers all addresses of the tabs; JSON answers carry an ETag and are compressed."""

from __future__ import annotations

import gzip
import json
import re
from urllib.parse import quote

import pytest
from flask import Flask

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.web.assets import serve_assets
from sml_viewer.web.frontend import Frontend
from sml_viewer.web.library_pool import LibraryPool


@pytest.mark.parametrize("address", ["/experiment", "/param_adjust", "/plot", "/table", "/run/abc"])
def test_every_tab_is_the_shell(page, address: str) -> None:
    answer = page.get(address)
    assert answer.status_code == 200
    assert re.search(r'<script type="module" src="/static/v-\w+/(bundle/)?app.js">', answer.text)


def first_answers(text: str) -> dict[str, object]:
    """What the page need not ask for, by address."""
    content = re.search(r'<script type="application/json" id="answers">(.*?)</script>', text, re.DOTALL)
    return {each["path"]: each["answer"] for each in json.loads(content.group(1))}


@pytest.mark.parametrize("name", ["default", "a view!", "<script>"])
def test_the_shell_brings_what_the_page_would_ask_for_first(page, workspace, name: str) -> None:
    if name == "a view!":
        values = Configuration({"VIEW_NOTE": "</script><!-- é"})
        Configurations(workspace).save(name, values, "")
    answer = page.get(f"/charts?config={quote(name)}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers  # it contains the CSRF token
    brought = first_answers(answer.text)
    assert brought["/api/v1/session"] == page.get("/api/v1/session").get_json()
    assert brought["/api/v1/configs"] == page.get("/api/v1/configs").get_json()
    address = f"/api/v1/configs/{quote(name, safe='!')}"
    assert brought[address] == page.get(address).get_json()


@pytest.mark.parametrize(
    ("address", "saved", "asked"),
    [
        ("/charts", {}, []),
        (
            "/charts?score=acc&x=epoch",
            {"VIEW_STATE": {"/charts": "score=f1"}},
            [("epoch", "acc"), ("", "f1")],
        ),
        ("/charts", {"VIEW_STATE": {"/experiment": "score=acc"}}, []),
        ("/plot", {"PLOTTING_XY": [["step", "loss"]]}, [("step", "loss")]),
    ],
)
def test_what_the_address_and_the_saved_view_draw_is_read_first(
    page, workspace, monkeypatch: pytest.MonkeyPatch, address: str, saved: dict, asked: list
) -> None:
    Configurations(workspace).save("default", Configuration(saved), "")
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(LibraryPool, "ask_for", lambda _pool, _library, pairs: told.extend(pairs))
    assert page.get(address).status_code == 200
    assert told == asked


def test_the_shell_brings_the_session_of_the_folder_that_it_names(page, logs, tmp_path) -> None:
    session = first_answers(page.get(f"/charts?path={quote(str(tmp_path / 'none'))}").text)["/api/v1/session"]
    assert session["data"]["shown"] == []
    assert session["data"]["fault"]
    session = first_answers(page.get(f"/charts?path={quote(str(logs))}").text)["/api/v1/session"]
    assert session["data"] == page.get(f"/api/v1/session?data={quote(str(logs))}").get_json()["data"]


def test_the_first_address_leads_to_the_first_tab(page) -> None:
    assert page.get("/").headers["Location"] == "/experiment"


def test_the_session_says_what_is_looked_at(page, logs) -> None:
    answer = page.get("/api/v1/session").get_json()
    assert answer["data"]["roots"] == [str(logs)]
    assert answer["data"]["shown"] == [str(logs)]
    assert not answer["data"]["changeable"]
    assert answer["login"] == "free"


def test_a_language_is_remembered(page) -> None:
    assert (
        page.get("/api/v1/session", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get_json()["language"]
        == "zh"
    )
    assert page.post("/api/v1/language", {"language": "zh"}).status_code == 200
    assert page.get("/api/v1/session").get_json()["language"] == "zh"
    assert page.post("/api/v1/language", {"language": "tlh"}).status_code == 400


def test_scripts_are_compressed_and_kept_until_the_next_release(page) -> None:
    address = re.search(r'src="(/static/v-\w+/[\w/]*app.js)"', page.get("/experiment").text).group(1)
    plain = page.get(address)
    assert "immutable" in plain.headers["Cache-Control"]
    assert plain.mimetype == "text/javascript"
    zipped = page.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain.data
    old = page.get(re.sub("v-[0-9a-f]+", "v-000000000000", address))
    assert old.data == plain.data
    assert old.headers["Cache-Control"] == "no-cache"
    again = page.get(re.sub("v-[0-9a-f]+/", "", address), headers={"If-None-Match": old.headers["ETag"]})
    assert again.status_code == 304


def test_a_script_that_an_upgrade_removed_is_answered_in_one_line(tmp_path) -> None:
    script = tmp_path / "chunk-1.js"
    script.write_text("export default 1;")
    app = Flask("page", static_folder=None)
    serve_assets(app, Frontend({"chunk-1.js": script}, "abc", "app.js", ()))
    script.unlink()
    answer = app.test_client().get("/static/v-abc/chunk-1.js")
    assert answer.status_code == 404
    assert answer.text.splitlines() == [
        "no such file; if sml-viewer was updated, restart it and reload the page"
    ]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "none.js", "", "css"]
)
def test_nothing_but_the_pages_own_files_is_served_as_such(page, name: str) -> None:
    assert page.get(f"/static/{name}").status_code in (404, 308)
