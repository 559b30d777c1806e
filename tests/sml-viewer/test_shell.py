"""One HTML page answers all addresses of the tabs; JSON answers carry an ETag and are compressed."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("address", ["/experiment", "/param_adjust", "/plot", "/table", "/run/abc"])
def test_every_tab_is_the_shell(page, address: str) -> None:
    answer = page.get(address)
    assert answer.status_code == 200
    assert '<script type="module" src="/static/app.js">' in answer.text


def test_the_first_address_leads_to_the_first_tab(page) -> None:
    assert page.get("/").headers["Location"] == "/experiment"


def test_the_session_says_what_is_looked_at(page, logs) -> None:
    answer = page.get("/api/session").get_json()
    assert answer["data"]["roots"] == [str(logs)]
    assert answer["data"]["shown"] == [str(logs)]
    assert not answer["data"]["changeable"]
    assert answer["login"] == "free"


def test_a_language_is_remembered(page) -> None:
    assert (
        page.get("/api/session", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get_json()["language"] == "zh"
    )
    assert page.post("/api/language", {"language": "zh"}).status_code == 200
    assert page.get("/api/session").get_json()["language"] == "zh"
    assert page.post("/api/language", {"language": "tlh"}).status_code == 400
