"""The page behind nginx, below a path that it keeps and below one that it removes, in a browser."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from ...ports import free_port
from .conftest import wait_until

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.needs("nginx")]

KEPT, REMOVED = "/user/alice/sml-viewer", "/runs"
PASSWORD = "a long enough password"

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    proxy_set_header Host $http_host;
    location {kept}/ {{ proxy_pass http://127.0.0.1:{kept_port}; }}
    location {removed}/ {{
      proxy_pass http://127.0.0.1:{removed_port}/;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Prefix {removed};
    }}
    location / {{ return 418; }}
  }}
}}
"""


@pytest.fixture(scope="module")
def hub(serve, logs, tmp_path_factory) -> Iterator[str]:
    """The address of an nginx with two pages of `logs`, the first of which asks for a password."""
    folder: Path = tmp_path_factory.mktemp("nginx")
    port = free_port()
    kept = serve(logs, base_path=KEPT, login="password", password=PASSWORD)
    removed = serve(logs, trusted_proxies=("127.0.0.1",))
    content = CONFIGURATION.format(
        folder=folder, port=port, kept=KEPT, removed=REMOVED, kept_port=kept.port, removed_port=removed.port
    )
    (folder / "nginx.conf").write_text(content)
    with subprocess.Popen(
        ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    ) as nginx:
        try:
            wait_until(lambda: _listens(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            nginx.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def walk(page: Page, base: str) -> list[str]:
    """Use the page; returns the paths of requests that left the base path."""
    left: list[str] = []
    page.on(
        "request",
        lambda request: (
            left.append(request.url)
            if request.url.startswith("http") and not urlsplit(request.url).path.startswith(f"{base}/")
            else None
        ),
    )
    page.reload()
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    page.locator(".tabs a", has_text="Runs").click()
    page.locator(".runtable tbody th.name a").first.click()
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    page.reload()  # the server finds the run's address too
    with page.expect_download():
        page.get_by_role("link", name=re.compile("zip", re.IGNORECASE)).first.click()
    page.go_back()
    expect(page.locator(".runtable tbody th.name a").first).to_be_visible()
    for tab in ("Plot parameters", "Plots", "Tables", "Hyper-parameters"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator(".tabs [aria-current=page]")).to_have_text(tab)
    with page.expect_response("**/api/v1/language"):
        page.get_by_role("button", name="中文").click()
    page.reload()
    expect(page.locator(".tabs [aria-current=page]")).to_have_text("超参数")
    return left


def test_all_of_the_page_works_below_a_path_that_the_proxy_removes(hub, open_page) -> None:
    page = open_page(f"{hub}{REMOVED}/")
    page.wait_for_url(f"{hub}{REMOVED}/charts")
    assert walk(page, REMOVED) == []


def test_all_of_the_page_works_below_a_path_that_the_proxy_keeps(hub, open_page) -> None:
    page = open_page(f"{hub}{KEPT}/charts?by=runs")
    page.get_by_label("User").fill("user")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    page.wait_for_url(f"{hub}{KEPT}/charts?by=runs")
    assert walk(page, KEPT) == []


def test_pages_behind_one_proxy_have_cookies_of_their_own(hub, open_page, faults) -> None:
    faults.expected += ("401",)  # what the page polls while it logs out
    page = open_page(f"{hub}{KEPT}/charts")
    page.get_by_label("User").fill("user")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    page.goto(f"{hub}{REMOVED}/charts")
    expect(page.locator(".panelchart canvas").first).to_be_visible()
    assert {cookie["path"] for cookie in page.context.cookies()} == {KEPT, REMOVED}
    page.goto(f"{hub}{KEPT}/experiment")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{hub}{KEPT}/login")
    page.goto(f"{hub}{REMOVED}/experiment")
    expect(page.locator(".runtable")).to_be_visible()
