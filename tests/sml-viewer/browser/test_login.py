"""Logging in with a browser: without scripts, in both languages, on a phone, back to where one came from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sml_viewer.web import Setup, create_app
from sml_viewer.web.http.server import Server
from sml_viewer.web.library_pool import EXTENSION

from ...ports import free_port

pytestmark = pytest.mark.needs("chromium")

PASSWORD = "a password of mine"


@pytest.fixture(scope="module")
def guarded(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that asks for a password."""
    port = free_port()
    workspace = tmp_path_factory.mktemp("workspace")
    setup = Setup(workspace, (logs,), login="password", user="me", title="实验室 Lab", port=port)
    app = create_app(setup, PASSWORD)
    server = Server("127.0.0.1", port, app, None)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()
    thread.join()
    app.extensions[EXTENSION].close()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_is_whole_on_a_phone(
    open_page, check_access, shoot, guarded: str, language: str, scheme: str
) -> None:
    page = open_page(f"{guarded}/plot", language=language, width=390, height=700, scheme=scheme)
    expect(page.locator("h1")).to_have_text("实验室 Lab")
    button = "登录" if language == "zh-CN" else "Log in"
    expect(page.get_by_role("button", name=button)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    check_access(page)
    shoot(page, f"login-{language}-390-{scheme}")


def test_one_comes_back_to_the_address_one_asked_for(open_page, faults, guarded: str) -> None:
    faults.expected += ("/login",)  # what is wrong is answered with 403
    page = open_page(f"{guarded}/table?where=seed+%3D+1")
    page.fill("input[name=user]", "me")
    page.fill("input[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    page.fill("input[name=user]", "me")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{guarded}/table?where=seed+%3D+1*")


def test_no_script_is_needed(browser: Browser, guarded: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(guarded)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button")).to_have_text("Log in")
    page.fill("input[name=user]", "me")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button").click()
    page.wait_for_url(f"{guarded}/charts")
    context.close()


def test_a_link_from_another_site_opens_with_the_session(browser: Browser, guarded: str) -> None:
    """The browser keeps a strict cookie back from such a request; that is no reason to log in again."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{guarded}/login?next=/experiment")
    page.fill("input[name=user]", "me")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{guarded}/experiment")
    link = f'<a href="{guarded}/plot">the plot</a>'
    context.route(
        "http://elsewhere.example/", lambda route: route.fulfill(body=link, content_type="text/html")
    )
    page.goto("http://elsewhere.example/")
    page.get_by_role("link").click()
    page.wait_for_url(f"{guarded}/plot")
    expect(page.locator("#app")).not_to_be_empty()
    context.close()
