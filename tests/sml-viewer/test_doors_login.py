"""Sessions are given for a password or a one-time token, cannot be made up, expire, and can be ended."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sml_viewer.web import Setup, create_app
from sml_viewer.web.security.auth import EXTENSION
from sml_viewer.web.security.login_throttle import LoginThrottle

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
COOKIE = "sml_viewer_7005"


def started(workspace: Path, password: str = PASSWORD, **options) -> FlaskClient:
    """A browser that has just met a page which asks for a password."""
    setup = Setup(workspace, **{"login": "password", "user": "me", **options})
    return create_app(setup, password, indexing=False).test_client()


def log_in(
    client: FlaskClient, user: str = "me", password: str = PASSWORD, target: str = "/plot"
) -> TestResponse:
    form = client.get("/login").text
    token = re.search(r'name="csrf" value="(\w+)"', form).group(1)
    return client.post("/login", data={"csrf": token, "user": user, "password": password, "next": target})


def cookie_of(client: FlaskClient) -> str:
    return client.get_cookie(COOKIE).value


def csrf_of(client: FlaskClient) -> str:
    return client.get("/api/v1/session").get_json()["csrf"]


def log_out(client: FlaskClient) -> TestResponse:
    return client.post("/logout", headers={"X-CSRF-Token": csrf_of(client)})


def with_cookie(client: FlaskClient, value: str) -> int:
    """How a browser fares that sends this cookie."""
    fresh = client.application.test_client()
    fresh.set_cookie(COOKIE, value)
    return fresh.get("/api/v1/session").status_code


def test_without_a_login_nothing_is_told(workspace: Path) -> None:
    client = started(workspace)
    for address in ("/", "/experiment", "/run/x", "/plain/experiment"):
        answer = client.get(address)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?next=")
    for address in ("/api/v1/session", "/api/v1/runs", "/api/v1/folders?path=/tmp", "/api/v1/none"):
        answer = client.get(address)
        assert answer.status_code == 401
        assert answer.get_json()["error"]["login"] == "/login"
        assert set(answer.get_json()) == {"error"}
    assert client.post("/api/v1/language", json={"language": "zh"}).status_code == 401


def test_every_route_but_the_login_and_its_style_asks_for_a_session(workspace: Path) -> None:
    client = started(workspace)
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint in ("login.show", "login.enter", "static", "static_fixed"):
            continue
        address = re.sub(r"<[^>]+>", "x", rule.rule)
        method = "GET" if "GET" in rule.methods else "POST"
        assert client.open(address, method=method).status_code in (303, 401), rule


def test_the_right_password_leads_to_where_one_wanted_to_go(workspace: Path) -> None:
    client = started(workspace)
    answer = log_in(client, target="/table?where=seed+%3D+1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/table?where=seed+%3D+1"
    assert client.get("/api/v1/session").get_json()["user"] == "me"


@pytest.mark.parametrize(
    ("user", "password"), [("me", "wrong"), ("me", ""), ("you", PASSWORD), ("", ""), ("me", PASSWORD + "\0")]
)
def test_a_wrong_user_or_password_is_refused_in_the_same_words(
    workspace: Path, user: str, password: str
) -> None:
    client = started(workspace)
    answer = log_in(client, user, password)
    assert answer.status_code == 403
    assert "do not match" in answer.text
    assert password == "" or password not in answer.text
    assert client.get("/api/v1/session").status_code == 401


def test_the_form_speaks_the_browsers_language_and_needs_no_script(workspace: Path) -> None:
    client = started(workspace)
    assert "密码" in client.get("/login", headers={"Accept-Language": "zh-CN"}).text
    assert "密码" in client.get("/login?lang=zh").text
    assert "<script" not in client.get("/login").text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "evil.example", "", "///evil.example",
     " //evil.example"],
)  # fmt: skip
def test_a_login_never_leads_to_another_site(workspace: Path, target: str) -> None:
    client = started(workspace)
    answer = log_in(client, target=target)
    assert answer.headers["Location"] == "/"
    assert "Set-Cookie: a" not in str(answer.headers)


def test_a_forged_or_changed_session_is_refused(workspace: Path, tmp_path: Path) -> None:
    client = started(workspace)
    log_in(client)
    good = cookie_of(client)
    assert with_cookie(client, good) == 200
    body, date, signature = good.split(".")
    admin = base64.urlsafe_b64encode(json.dumps(["x", "me", time.time()]).encode()).decode().rstrip("=")
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]
    for bad in (
        f"{admin}.{date}.{signature}",
        f"{body}.{date}.{flipped}",
        f"{body}.{date}.",
        body,
        "",
        "x.y.z",
        ".",
    ):
        assert with_cookie(client, bad) == 401
    other = started(tmp_path / "other")
    log_in(other)
    assert with_cookie(client, cookie_of(other)) == 401


def test_a_session_expires(workspace: Path) -> None:
    client = started(workspace, period=1 / 3600)
    log_in(client)
    kept = cookie_of(client)
    assert with_cookie(client, kept) == 200
    time.sleep(2.1)
    assert with_cookie(client, kept) == 401


def test_a_visited_session_lives_on_but_not_for_ever(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = started(workspace)
    log_in(client)
    now, first = time.time(), cookie_of(client)
    for day in range(1, 30):
        monkeypatch.setattr(time, "time", lambda day=day: now + day * 80_000)
        assert client.get("/api/v1/session").status_code == 200
    assert cookie_of(client) != first
    assert with_cookie(client, first) == 401
    monkeypatch.setattr(time, "time", lambda: now + 33 * 80_000)
    assert with_cookie(client, cookie_of(client)) == 401


def test_a_session_that_was_ended_cannot_be_replayed_not_even_after_a_restart(workspace: Path) -> None:
    client = started(workspace)
    log_in(client)
    kept, token = cookie_of(client), csrf_of(client)
    assert log_out(client).headers["Location"] == "/login"
    assert client.get_cookie(COOKIE) is None
    assert with_cookie(client, kept) == 401
    again = started(workspace)
    assert with_cookie(again, kept) == 401
    again.set_cookie(COOKIE, kept)
    answer = again.post("/api/v1/language", json={"language": "zh"}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 401


def test_a_session_outlives_a_restart_but_no_other_password_user_or_port(
    workspace: Path,
) -> None:
    client = started(workspace)
    log_in(client)
    kept = cookie_of(client)
    assert with_cookie(started(workspace), kept) == 200
    for changed in ({"password": "another one"}, {"user": "you"}, {"login": "token"}):
        assert with_cookie(started(workspace, **changed), kept) == 401
    other = started(workspace, port=7006)
    other.set_cookie("sml_viewer_7006", kept)
    assert other.get("/api/v1/session").status_code == 401


def test_logging_in_makes_a_new_session(workspace: Path) -> None:
    """Whoever planted a session before the login knows nothing of the one after it."""
    client = started(workspace)
    client.get("/login")
    planted = cookie_of(client)
    log_in(client)
    assert cookie_of(client) != planted
    assert with_cookie(client, planted) == 401


def test_a_late_answer_to_another_tab_does_not_undo_a_login(workspace: Path) -> None:
    client = started(workspace)
    for headers in ({}, {"Cookie": f"{COOKIE}=old"}):
        assert "Set-Cookie" not in client.get("/api/v1/session", headers=headers).headers


def test_the_cookie_is_out_of_reach(workspace: Path) -> None:
    client = started(workspace)
    header = log_in(client).headers["Set-Cookie"]
    assert header.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=86400"):
        assert attribute in header
    assert "Secure" not in header
    assert "Domain" not in header


def test_under_tls_the_cookie_is_secure_and_of_this_host_alone(workspace: Path) -> None:
    client = create_app(Setup(workspace, secure=True), indexing=False).test_client()
    header = client.get("/experiment", base_url="https://localhost").headers["Set-Cookie"]
    assert header.startswith("__Host-sml_viewer_7005=")
    assert "Secure" in header


def test_a_login_needs_the_forms_own_token(workspace: Path) -> None:
    client = started(workspace)
    form = {"user": "me", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 403
    client.get("/login")
    assert client.post("/login", data={**form, "csrf": "0" * 64}).status_code == 403
    stranger = client.application.test_client()
    token = re.search(r'name="csrf" value="(\w+)"', stranger.get("/login").text).group(1)
    assert client.post("/login", data={**form, "csrf": token}).status_code == 403


def test_a_hundred_wrong_logins_get_nowhere_and_lock_nobody_out_for_long(workspace: Path) -> None:
    client = started(workspace)
    answers = [log_in(client, password=f"guess {number}") for number in range(100)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:5] == [403] * 5
    assert statuses.count(403) <= 8
    assert set(statuses[20:]) <= {403, 429}
    waiting = log_in(client)
    assert waiting.status_code == 429, "the right password is no exception: it would tell that it is right"
    assert 1 <= int(waiting.headers["Retry-After"]) <= 60


def test_a_wait_ends_and_a_right_login_forgets_the_wrong_ones() -> None:
    now = [1000.0]
    attempts = LoginThrottle(clock=lambda: now[0])
    for _ in range(8):
        if wait := attempts.begin("10.0.0.1"):
            now[0] += wait
            assert attempts.begin("10.0.0.1") == 0
    assert attempts.begin("10.0.0.1") == 8
    assert attempts.begin("10.0.0.2") == 0
    now[0] += 8
    assert attempts.begin("10.0.0.1") == 0
    attempts.succeeded("10.0.0.1")
    assert attempts.begin("10.0.0.1") == 0


def test_guesses_from_many_addresses_are_slowed_down_together_and_remembered_within_bounds() -> None:
    now = [1000.0]
    attempts = LoginThrottle(clock=lambda: now[0])
    passed = [attempts.begin(f"10.0.{number // 250}.{number % 250}") == 0 for number in range(1000)]
    assert sum(passed) == 60
    for number in range(30_000):
        now[0] += 1.1
        attempts.begin(f"10.{number // 60_000}.{number // 250}.{number % 250}")
    assert len(attempts._records) <= 10_000


def test_one_network_of_ipv6_is_one_guesser() -> None:
    attempts = LoginThrottle()
    for number in range(5):
        assert attempts.begin(f"2001:db8:1:2::{number:x}") == 0
    assert attempts.begin("2001:db8:1:2:ffff::1") > 0
    assert attempts.begin("2001:db8:1:3::1") == 0
    for _ in range(5):
        attempts.begin("::ffff:10.0.0.1")
    assert attempts.begin("10.0.0.1") > 0


@pytest.mark.slow
def test_a_wrong_user_takes_as_long_as_a_wrong_password(workspace: Path) -> None:
    auth = started(workspace).application.extensions[EXTENSION]

    def seconds(user: str, password: str) -> float:
        begun = time.process_time()
        auth.check_password(user, password)
        return time.process_time() - begun

    times = {user: min(seconds(user, "x") for _ in range(5)) for user in ("me", "nobody", "")}
    assert min(times.values()) > 0.01, "the hash is slow"
    assert max(times.values()) < 2 * min(times.values())


def test_the_password_is_kept_nowhere(workspace: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = started(workspace)
    log_in(client)
    log_in(client.application.test_client(), password="another secret of mine")
    auth = client.application.extensions[EXTENSION]
    kept = repr(vars(auth)) + repr(vars(auth.setup)) + repr(client.application.config) + caplog.text
    for path in workspace.rglob("*"):
        kept += path.read_bytes().decode("latin-1") if path.is_file() else ""
    assert PASSWORD not in kept
    assert "another secret" not in kept


def test_a_log_line_cannot_be_forged_by_a_user_name(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    log_in(started(workspace), user="x\n2026-01-01 root logged in", password="y")
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert "wrong login" in caplog.text


def test_the_secret_that_signs_is_the_users_own(workspace: Path) -> None:
    started(workspace)
    path = workspace / ".page" / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    first = path.read_bytes()
    started(workspace)
    assert path.read_bytes() == first
    path.chmod(0o644)
    started(workspace)
    assert path.read_bytes() != first, "others could have read it"


def test_a_workspace_that_cannot_be_written_still_has_sessions(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    client = started(tmp_path / "file" / "workspace")
    log_in(client)
    assert client.get("/api/v1/session").status_code == 200
    assert log_out(client).status_code == 303


class TestOneTimeToken:
    @pytest.fixture
    def tokens(self) -> list[str]:
        return []

    @pytest.fixture
    def client(self, workspace: Path, tokens: list[str]) -> FlaskClient:
        setup = Setup(workspace, login="token")
        return create_app(setup, indexing=False, announce=tokens.append).test_client()

    def test_it_is_exchanged_for_a_session_and_leaves_the_address(
        self, client: FlaskClient, tokens: list[str]
    ) -> None:
        answer = client.get(f"/login?token={tokens[0]}&next=/plot")
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/plot"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert client.get("/api/v1/session").status_code == 200
        assert client.get(f"/login?token={tokens[0]}").status_code == 303, "who is in stays in"

    def test_it_opens_once_and_the_next_one_is_told(self, client: FlaskClient, tokens: list[str]) -> None:
        client.get(f"/login?token={tokens[0]}")
        thief = client.application.test_client()
        answer = thief.get(f"/login?token={tokens[0]}")
        assert answer.status_code == 200
        assert "has been used" in answer.text
        assert thief.get("/api/v1/session").status_code == 401
        assert len(tokens) == 2
        assert thief.get(f"/login?token={tokens[1]}").status_code == 303

    @pytest.mark.parametrize("token", ["", "x", "%00", "é", "a" * 5000])
    def test_a_wrong_one_opens_nothing(self, client: FlaskClient, token: str) -> None:
        client.get(f"/login?token={token}")
        assert client.get("/api/v1/session").status_code == 401

    def test_looking_ahead_does_not_spend_it(self, client: FlaskClient, tokens: list[str]) -> None:
        client.head(f"/login?token={tokens[0]}")
        client.get(f"/login?token={tokens[0]}", headers={"Sec-Purpose": "prefetch;prerender"})
        assert len(tokens) == 1

    def test_a_password_opens_nothing_there(self, client: FlaskClient) -> None:
        assert '<input name="password"' not in client.get("/login").text
        auth = client.application.extensions[EXTENSION]
        assert not auth.check_password("user", "")
