"""The page below the path of a reverse proxy: every link, asset, redirect and cookie is relative to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sml_viewer.cli import main
from sml_viewer.web import Setup, create_app
from sml_viewer.web.http.base_path import BasePath, normal_base_path
from sml_viewer.web.library_pool import EXTENSION

BASE = "/user/alice/sml-viewer"


@pytest.fixture
def make_client(logs: Path, workspace: Path) -> Iterator[Callable[..., FlaskClient]]:
    """A browser of a page with these settings: `make_client(base_path="/x")`."""
    apps: list[Flask] = []

    def make(password: str = "", **more: Any) -> FlaskClient:
        app = create_app(Setup(workspace, (logs,), **more), password, indexing=False)
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        app.extensions[EXTENSION].close()


@pytest.mark.parametrize("kept", [True, False], ids=["path kept by the proxy", "path removed by the proxy"])
def test_every_address_of_the_page_is_below_the_base_path(
    make_client: Callable[..., FlaskClient], kept: bool
) -> None:
    client = make_client(base_path=BASE)
    answer = client.get(f"{BASE if kept else ''}/experiment")
    assert answer.status_code == 200
    addresses = re.findall(r'(?:href|src)="([^"]+)"', answer.text)
    assert len(addresses) > 3
    assert [address for address in addresses if not address.startswith(f"{BASE}/static/")] == []
    for address in addresses:
        assert client.get(address if kept else address.removeprefix(BASE)).status_code == 200, address
    assert f'data-base="{BASE}"' in answer.text


def test_redirects_and_cookies_stay_below_the_base_path(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client("a long enough password", base_path=BASE, login="password")
    home = client.get(f"{BASE}/charts?q=a")
    assert home.headers["Location"] == "./login?next=/charts?q%3Da"
    form = client.get(f"{BASE}/login?next=/charts?q%3Da")
    assert f'action="{BASE}/login"' in form.text
    assert "Path=/user/alice/sml-viewer" in form.headers["Set-Cookie"]
    csrf = re.search(r'name="csrf" value="(\w+)"', form.text)
    assert csrf is not None
    fields = {"user": "user", "password": "a long enough password", "csrf": csrf[1], "next": "/charts?q=a"}
    entered = client.post(f"{BASE}/login", data=fields)
    assert entered.headers["Location"] == "./charts?q=a"
    assert "Path=/user/alice/sml-viewer" in entered.headers["Set-Cookie"]
    assert client.get(f"{BASE}/experiment").status_code == 200
    assert client.get(f"{BASE}/").headers["Location"] == "./experiment"
    assert client.get(BASE).headers["Location"] == f"{BASE}/experiment"


def test_a_redirect_from_a_deep_address_is_relative_to_it(make_client: Callable[..., FlaskClient]) -> None:
    """Proxies such as jupyter-server-proxy prepend the base path to absolute locations."""
    client = make_client("a long enough password", base_path=BASE, login="password")
    assert client.get(f"{BASE}/run/a").headers["Location"] == "../login?next=/run/a"


def test_a_cookie_with_a_path_has_no_host_prefix(make_client: Callable[..., FlaskClient]) -> None:
    """Browsers refuse such a cookie."""
    below = make_client(base_path=BASE, secure=True).get(f"{BASE}/experiment")
    assert below.headers["Set-Cookie"].startswith("__Secure-sml_viewer_7005=")
    alone = make_client(secure=True).get("/experiment")
    assert alone.headers["Set-Cookie"].startswith("__Host-sml_viewer_7005=")
    assert "Path=/;" in alone.headers["Set-Cookie"] + ";"


def test_a_page_of_a_fault_leads_back_below_the_base_path(make_client: Callable[..., FlaskClient]) -> None:
    answer = make_client(base_path=BASE).get(f"{BASE}/nothing")
    assert answer.status_code == 404
    assert f'href="{BASE}/"' in answer.text


@pytest.mark.parametrize("target", ["/https://evil.example", "/javascript:alert(1)", "//evil.example", "x"])
def test_a_redirect_below_a_base_path_leads_to_no_other_site(
    make_client: Callable[..., FlaskClient], target: str
) -> None:
    answer = make_client(base_path=BASE).get(f"{BASE}/login", query_string={"next": target})
    assert answer.headers["Location"].startswith("./")


@pytest.mark.parametrize(
    ("address", "base"), [("127.0.0.1", BASE), ("::ffff:127.0.0.1", BASE), ("10.0.0.7", "")]
)
def test_only_a_trusted_proxy_names_the_base_path(
    make_client: Callable[..., FlaskClient], address: str, base: str
) -> None:
    client = make_client(trusted_proxies=("127.0.0.1",))
    answer = client.get(
        "/experiment", headers={"X-Forwarded-Prefix": BASE}, environ_base={"REMOTE_ADDR": address}
    )
    assert f'data-base="{base}"' in answer.text


@pytest.mark.parametrize(
    "header", ["//evil.example", "/a/../b", "https://evil.example", '/a"b', "/a\\b", "/a b", "/" + "a" * 600]
)
def test_a_prefix_that_is_no_path_is_ignored(make_client: Callable[..., FlaskClient], header: str) -> None:
    client = make_client(trusted_proxies=("127.0.0.1",))
    answer = client.get("/experiment", headers={"X-Forwarded-Prefix": header})
    assert 'data-base=""' in answer.text


def test_a_path_that_only_begins_like_the_base_path_is_another() -> None:
    seen: list[tuple[str, str]] = []
    application = BasePath(
        lambda environ, _: seen.append((environ["SCRIPT_NAME"], environ["PATH_INFO"])) or [], "/a"
    )
    for path in ("/a", "/a/", "/ab/c", "/a/b", "/c"):
        application({"PATH_INFO": path}, print)
    assert seen == [("/a", "/"), ("/a", "/"), ("/a", "/ab/c"), ("/a", "/b"), ("/a", "/c")]


def test_an_encoded_base_path_is_recognised_in_the_decoded_path() -> None:
    seen: list[tuple[str, str]] = []
    application = BasePath(
        lambda environ, _: seen.append((environ["SCRIPT_NAME"], environ["PATH_INFO"])) or [],
        "/user/a%40b.org",
    )
    application({"PATH_INFO": "/user/a@b.org/charts"}, print)
    assert seen == [("/user/a%40b.org", "/charts")]


def test_a_base_path_is_made_regular() -> None:
    assert normal_base_path("/a/b/") == "/a/b"
    assert normal_base_path("/") == ""
    with pytest.raises(ValueError, match=r"invalid base path 'a/b'; expected e\.g\. /user/alice/sml-viewer"):
        normal_base_path("a/b")


def test_a_wrong_option_is_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--base-path", "user"])
    assert "invalid base path 'user'; expected e.g. /user/alice/sml-viewer" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["serve", "--trusted-proxy", "hub"])
    assert "invalid address 'hub'; expected that of a proxy, e.g. 127.0.0.1" in capsys.readouterr().err
