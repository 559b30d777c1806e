"""What every request passes and what every answer carries: names, origins, tokens, sizes, headers, faults."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path

import pytest
from flask import Response
from flask.testing import FlaskClient

from sml_viewer.errors import QueryError
from sml_viewer.web import Setup, create_app
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.security.hooks import local_target


@pytest.fixture
def client(workspace: Path, logs: Path) -> FlaskClient:
    """A page without login, with a few routes that answer as views may."""
    app = create_app(Setup(workspace, (logs,), hosts=("127.0.0.1", "lab.example.org")), indexing=False)
    version = ["1"]
    app.add_url_rule("/api/v1/large", "large", lambda: json_response({"text": "abc" * 1000}))
    app.add_url_rule(
        "/api/v1/odd", "odd", lambda: json_response({"list": [float("nan"), {"a": float("inf")}], "n": 1.5})
    )
    app.add_url_rule("/api/v1/broken", "broken", lambda: 1 // 0)

    def kept() -> Response:
        return not_modified(version[0]) or json_response({"version": version[0]}, version=version[0])

    def misunderstood() -> Response:
        raise QueryError("what is this?", "a b", 3)

    def sent() -> Response:
        return Response(b"x" * 5000, headers={"Content-Encoding": "br"})

    app.add_url_rule("/api/v1/kept", "kept", kept, methods=["GET", "POST"])
    app.add_url_rule("/api/v1/misunderstood", "misunderstood", misunderstood)
    app.add_url_rule("/api/v1/sent", "sent", sent)
    app.config["VERSION"] = version
    return app.test_client()


def token(client: FlaskClient) -> str:
    return client.get("/api/v1/session").get_json()["csrf"]


def change(client: FlaskClient, **headers: str) -> int:
    return client.post("/api/v1/language", json={"language": "zh"}, headers=headers).status_code


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:9000",
        "127.0.0.1:7005",
        "[::1]:7005",
        "192.168.1.20",
        "lab.example.org:443",
        "LOCALHOST",
    ],
)
def test_the_page_answers_by_its_own_names(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/session", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example",
     "evil.example:7005", "[::1", "", "local host", "lab.example.org.evil", "xlocalhost", "a" * 300],
)  # fmt: skip
def test_another_name_that_leads_here_is_refused(client: FlaskClient, host: str) -> None:
    """A name of another site may be pointed at this machine."""
    for address in ("/api/v1/session", "/experiment", "/login", "/static/login.css"):
        assert client.get(address, headers={"Host": host}).status_code in (400, 403)


def test_a_change_needs_the_sessions_token(client: FlaskClient) -> None:
    good = token(client)
    assert change(client) == 403
    assert change(client, **{"X-CSRF-Token": ""}) == 403
    assert change(client, **{"X-CSRF-Token": good[:-1] + ("0" if good[-1] != "0" else "1")}) == 403
    assert change(client, **{"X-CSRF-Token": "é"}) == 403
    assert change(client, **{"X-CSRF-Token": good}) == 200
    stranger = client.application.test_client()
    assert change(stranger, **{"X-CSRF-Token": good}) == 403, "a token without its session"
    assert change(client, **{"X-CSRF-Token": token(stranger)}) == 403, "another session's token"


def test_every_route_that_changes_something_needs_the_token(client: FlaskClient) -> None:
    client.get("/experiment")
    for rule in client.application.url_map.iter_rules():
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            address = rule.rule.replace("<", "").replace(">", "").replace("path:", "")
            assert client.open(address, method=method, json={}).status_code == 403, rule


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:8888", "null", "http://localhost.evil"]
)
def test_a_change_from_another_sites_page_is_refused(client: FlaskClient, origin: str) -> None:
    good = token(client)
    assert change(client, **{"X-CSRF-Token": good, "Origin": origin}) == 403
    assert change(client, **{"X-CSRF-Token": good, "Origin": "http://localhost"}) == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_can_embed_nothing_of_ours(client: FlaskClient, site: str) -> None:
    for mode in ("no-cors", "cors", "websocket"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        for address in ("/api/v1/session", "/experiment", "/static/icon.svg"):
            assert client.get(address, headers=headers).status_code == 403


def test_a_link_from_elsewhere_arrives_with_its_session(client: FlaskClient) -> None:
    """The cookie is withheld from such a request; a page of ours asks again, and then it is sent."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = client.get("/table?where=a+%3D+%22%3E1", headers=headers)
    assert 'content="0; url=/table?where=a+%3D+%22%3E1"' in page.text
    assert "Set-Cookie" not in page.headers or client.get("/api/v1/session").status_code == 200
    client.get("/experiment")
    assert "module" in client.get("/table", headers=headers).text


@pytest.mark.parametrize("address", ["//evil.example/x", "/\\evil.example", '/"><script>alert(1)</script>'])
def test_it_leads_nowhere_else(client: FlaskClient, address: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = client.open(path=address, headers=headers).text
    assert "url=//evil" not in page
    assert "evil.example/x" not in page
    assert "<script>alert" not in page
    assert local_target(address) == "/" or address.startswith('/"')


def test_every_answer_is_closed_by_default(client: FlaskClient) -> None:
    for address in (
        "/experiment",
        "/api/v1/session",
        "/api/v1/none",
        "/none",
        "/api/v1/broken",
        "/static/login.css",
        "/login",
    ):
        with client.get(address) as answered:
            headers = answered.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_private_answers_stay_out_of_shared_caches(client: FlaskClient) -> None:
    for address in ("/experiment", "/api/v1/session", "/login", "/api/v1/broken"):
        assert client.get(address).headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/kept").headers["Cache-Control"] == "private, no-cache"


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    headers = {"X-CSRF-Token": token(client)}
    content = b'{"language": "' + b"z" * 5_000_000 + b'"}'
    answer = client.post("/api/v1/language", data=content, content_type="application/json", headers=headers)
    assert answer.status_code == 413
    form = client.post("/login", data={"user": "x" * 200_000}, headers=headers)
    assert form.status_code == 413


def test_an_address_that_is_too_long_is_refused(client: FlaskClient) -> None:
    assert client.get("/api/v1/session?data=" + "x" * 9000).status_code == 414


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"language": [1]}']
)
def test_a_body_that_is_no_json_object_is_the_askers_mistake(client: FlaskClient, content: bytes) -> None:
    headers = {"X-CSRF-Token": token(client)}
    answer = client.post("/api/v1/language", data=content, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"]


def test_a_mistake_of_ours_is_a_number_for_the_asker_and_a_traceback_for_the_owner(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "division" not in answer.text
    number = answer.get_json()["error"]["message"].rsplit(" ", 1)[1]
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_is_json_below_api_and_a_page_elsewhere(client: FlaskClient) -> None:
    assert client.get("/api/v1/none").get_json()["error"]["message"]
    page = client.get("/none")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert client.get("/api/v1/misunderstood").get_json() == {
        "error": {"message": "what is this?", "where": 3}
    }
    assert client.put("/api/v1/session").status_code in (403, 405)


def test_what_was_typed_is_text_in_a_fault(client: FlaskClient) -> None:
    page = client.get("/run/<script>alert(1)</script>/x").text
    assert "<script>alert" not in page


def test_large_answers_are_compressed_and_small_or_secret_ones_are_not(client: FlaskClient) -> None:
    large = client.get("/api/v1/large", headers={"Accept-Encoding": "gzip"})
    assert large.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(large.data)) == {"text": "abc" * 1000}
    assert "Accept-Encoding" in large.headers["Vary"]
    assert "Content-Encoding" not in client.get("/api/v1/large").headers
    assert (
        "Content-Encoding" not in client.get("/api/v1/session", headers={"Accept-Encoding": "gzip"}).headers
    )
    assert client.get("/api/v1/sent", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "br"


def test_numbers_that_are_not_finite_are_null(client: FlaskClient) -> None:
    assert json.loads(client.get("/api/v1/odd").text) == {"list": [None, {"a": None}], "n": 1.5}


def test_nothing_new_is_said_without_a_body(client: FlaskClient) -> None:
    first = client.get("/api/v1/kept")
    again = client.get("/api/v1/kept", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/api/v1/kept?page=2", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200, "another question"
    client.application.config["VERSION"][0] = "2"
    assert (
        client.get("/api/v1/kept", headers={"If-None-Match": first.headers["ETag"]}).get_json()["version"]
        == "2"
    )


def test_a_posted_question_says_what_it_has(client: FlaskClient) -> None:
    headers = {"X-CSRF-Token": token(client)}
    first = client.post("/api/v1/kept", json={"where": "a"}, headers=headers).get_json()
    again = client.post("/api/v1/kept", json={"where": "a", "etag": first["etag"]}, headers=headers)
    assert again.status_code == 304
    other = client.post("/api/v1/kept", json={"where": "b", "etag": first["etag"]}, headers=headers)
    assert other.status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_without_a_version_answers_where_the_interface_is(
    client: FlaskClient, method: str
) -> None:
    answer = getattr(client, method)("/api/runs", headers={"X-CSRF-Token": token(client)})
    assert answer.status_code == 404
    assert "/api/v1/" in answer.get_json()["error"]["remedy"]
    assert "remedy" not in client.get("/api/v1/none").get_json()["error"]
