"""Alerts reach every kind of service once, say what happened, and never give an address away."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sml_config import CommonConfig, RunFolder, SettingsError
from sml_config.alerts.addresses import AddressError, parse_addresses
from sml_config.alerts.alert import ERROR, Alert
from sml_config.alerts.from_settings import alerting
from sml_config.alerts.outbox import Outbox, recovered
from sml_config.alerts.row_checks import RowChecks
from sml_config.alerts.rules import RuleError, parse_quiet, parse_rules
from sml_config.alerts.send import SendError, send
from sml_config.alerts.sent_alerts import claim
from sml_config.alerts.watch import DiskWatcher, RunWatcher, sent_alerts_file
from sml_config.process import Process
from sml_config.project_settings.load import load_section

from ..alert_service import Service, serve

ALERT = Alert("nan loss", "loss is nan: run <1>", "at step 5 & 6", ERROR, "/runs/a")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "*")
    with serve() as started:
        yield started


def sent(service: Service, address: str, alert: Alert = ALERT) -> tuple[str, dict[str, str], Any]:
    """The request that an alert makes."""
    (destination,) = parse_addresses([address])
    send(destination, alert)
    return service.requests[-1]


def test_a_webhook_gets_the_parts_of_the_alert(service: Service) -> None:
    path, headers, body = sent(service, f"{service.url}/hook?key=1")
    assert path == "/hook?key=1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert body == {
        "title": "loss is nan: run <1>", "text": "at step 5 & 6", "level": "error", "run": "/runs/a",
        "cause": "nan loss", "active": True,
    }  # fmt: skip


def test_ntfy_gets_topic_title_and_priority(service: Service) -> None:
    path, headers, body = sent(service, f"ntfy+http://me:secret@{service.url[7:]}/my-topic")
    assert (path, headers["Authorization"]) == ("/", "Basic " + base64.b64encode(b"me:secret").decode())
    assert (body["topic"], body["title"], body["priority"]) == ("my-topic", ALERT.title, 4)
    assert body["message"] == "at step 5 & 6\n/runs/a"
    _, headers, _ = sent(service, f"ntfy+http://:tk_abc@{service.url[7:]}/t")
    assert headers["Authorization"] == "Bearer tk_abc"


def test_slack_and_discord_get_one_text(service: Service) -> None:
    _, _, body = sent(service, f"slack+{service.url}/services/T/B/x")
    assert body == {"text": "loss is nan: run &lt;1&gt;\nat step 5 &amp; 6\n/runs/a"}
    _, _, body = sent(service, f"discord+{service.url}/api/webhooks/1/x", Alert("c", "@everyone", "x" * 5000))
    assert len(body["content"]) == 2000
    assert body["allowed_mentions"] == {"parse": []}


def test_feishu_and_dingtalk_are_signed(service: Service) -> None:
    _, _, body = sent(service, f"feishu+{service.url}/open-apis/bot/v2/hook/x?secret=SEC1")
    key = f"{body['timestamp']}\nSEC1".encode()
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert body["content"]["text"].startswith(ALERT.title)
    path, _, body = sent(service, f"dingtalk+{service.url}/robot/send?access_token=abc&secret=SEC2")
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    text = f"{query['timestamp']}\nSEC2".encode()
    assert query["sign"] == base64.b64encode(hmac.new(b"SEC2", text, hashlib.sha256).digest()).decode()
    assert query["access_token"] == "abc"
    assert "secret" not in query
    assert body["msgtype"] == "text"


def test_wecom_and_telegram_get_their_forms(service: Service) -> None:
    _, _, body = sent(service, f"wecom+{service.url}/cgi-bin/webhook/send?key=k", Alert("c", "训" * 3000))
    assert len(body["text"]["content"].encode()) <= 2048
    path, _, body = sent(service, f"telegram+{service.url}/bot1:abc/sendMessage?chat_id=-42")
    assert (path, body["chat_id"]) == ("/bot1:abc/sendMessage", "-42")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://hooks.slack.com/services/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/x", "feishu"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/x", "feishu"),
        ("https://oapi.dingtalk.com/robot/send?access_token=x", "dingtalk"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", "wecom"),
        ("https://api.telegram.org/bot1:x/sendMessage?chat_id=1", "telegram"),
        ("https://ntfy.sh/x", "ntfy"),
        ("https://example.org/hook", "webhook"),
        ("smtps://me:x@mail.example.org?to=me@example.org", "email"),
        ("matrix://me:x@example.org", "apprise"),
    ],
)
def test_the_kind_of_a_service_is_known_by_its_address(address: str, kind: str) -> None:
    assert parse_addresses([address])[0].kind == kind


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hush-hush", "address 2 has no known kind"),
        ("slack+http://example.org/hush-hush", "begins with http://"),
        ("https://api.telegram.org/bothush-hush/sendMessage", "has no chat"),
        ("smtps://me:hush-hush@example.org", "no \\?to="),
        ("https://:99999999/hush-hush", "address 2"),
    ],
)
def test_a_wrong_address_is_named_by_its_number_and_not_shown(address: str, words: str) -> None:
    with pytest.raises(AddressError, match=words) as caught:
        parse_addresses(["https://ntfy.sh/x", address])
    assert "hush" not in str(caught.value)
    assert "hush" not in repr(parse_addresses(["https://ntfy.sh/hush-hush"]))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("feishu", b'{"code": 19021, "msg": "sign match fail"}'),
        ("dingtalk", b'{"errcode": 310000, "errmsg": "sign match fail"}'),
        ("wecom", b'{"errcode": 93000, "errmsg": "sign match fail"}'),
        ("telegram", b'{"ok": false, "error_code": 400, "description": "sign match fail"}'),
    ],
)
def test_a_refusal_with_status_200_is_one(service: Service, kind: str, answer: bytes) -> None:
    service.answer = answer
    with pytest.raises(SendError, match=rf"address 1 \({kind}\): code \d+: sign match fail"):
        sent(service, f"{kind}+{service.url}/secret-path?chat_id=1")


def test_failures_name_the_kind_of_error_and_not_the_address(service: Service) -> None:
    service.status = 404
    with pytest.raises(SendError, match=r"address 1 \(webhook\): status 404") as caught:
        sent(service, f"{service.url}/secret-path")
    assert "secret-path" not in str(caught.value)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        (destination,) = parse_addresses([f"http://127.0.0.1:{closed.getsockname()[1]}/secret-path"])
        with pytest.raises(SendError, match=r"Connection refused") as caught:
            send(destination, ALERT)
    assert "secret-path" not in str(caught.value)


def test_a_service_that_does_not_answer_costs_its_time_limit(service: Service) -> None:
    service.seconds = 5
    (destination,) = parse_addresses([service.url])
    begin = time.monotonic()
    with pytest.raises(SendError, match="address 1"):
        send(destination, ALERT, 0.2)
    assert time.monotonic() - begin < 3
    service.seconds = 0


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """A mail server without TLS: its port, and the lines that clients sent."""
    lines: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, client.makefile("rwb", buffering=0) as stream:
                    talk(stream)

    def talk(stream: Any) -> None:
        stream.write(b"220 test\r\n")
        in_data = False
        for raw in stream:
            line = raw.decode().rstrip("\r\n")
            lines.append(line)
            if in_data:
                in_data = line != "."
                if not in_data:
                    stream.write(b"250 ok\r\n")
            elif line.upper() == "DATA":
                in_data = True
                stream.write(b"354 go\r\n")
            elif line.lower() == "quit":
                stream.write(b"221 bye\r\n")
                return
            else:
                stream.write(b"250 test\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], lines
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_mail_has_the_title_as_its_subject(mailbox: tuple[int, list[str]]) -> None:
    port, lines = mailbox
    address = f"smtp://127.0.0.1:{port}?to=me@example.org,you@example.org&from=lab@example.org"
    (destination,) = parse_addresses([address])
    send(destination, ALERT)
    assert "Subject: loss is nan: run <1>" in lines
    assert {"To: me@example.org, you@example.org", "From: lab@example.org", "at step 5 & 6"} <= {*lines}
    assert [line for line in lines if line.lower().startswith("rcpt")] == [
        "rcpt TO:<me@example.org>",
        "rcpt TO:<you@example.org>",
    ]


def test_a_password_is_not_mailed_without_tls(mailbox: tuple[int, list[str]]) -> None:
    port, lines = mailbox
    (destination,) = parse_addresses([f"smtp://me:hush-hush@127.0.0.1:{port}?to=me@example.org"])
    with pytest.raises(SendError, match="offers no TLS"):
        send(destination, ALERT)
    assert not any("AUTH" in line or "hush" in line for line in lines)


def test_another_address_says_that_apprise_is_needed() -> None:
    (destination,) = parse_addresses(["matrix://me:hush@example.org"])
    with pytest.raises(SendError, match=r"address 1 \(apprise\): pip install 'sml-logger\[alerts\]'"):
        send(destination, ALERT)


def test_rules_are_parsed_and_the_usual_ones_are_the_default() -> None:
    rules = parse_rules(
        ["nan", " stalled  5x", "disk < 20GB", "last.eval/a b >= -1e3 after step 1e6", "sweep done"]
    )
    assert rules.plain == {"nan", "sweep done"}
    assert (rules.stalled, rules.disk_bytes, rules.disk_share) == (5, 20e9, None)
    (threshold,) = rules.thresholds
    assert (threshold.metric, threshold.relation, threshold.bound) == ("eval/a b", ">=", -1000)
    assert not threshold.holds(0, 999_999)
    assert threshold.holds(0, 1e6)
    assert not threshold.holds(math.nan, 1e6)
    assert parse_rules([]).plain == {"nan", "failed", "dead", "sweep done"}
    assert parse_rules([]).disk_share == 0.05


@pytest.mark.parametrize(
    "rule", ["NaN", "stalled", "stalled 1x", "disk 5", "last.a == 3", "last.a < x", "last. < 3"]
)
def test_a_wrong_rule_names_the_right_ones(rule: str) -> None:
    with pytest.raises(RuleError, match="expected"):
        parse_rules(["nan", rule])


def test_quiet_hours_may_pass_midnight() -> None:
    night, noon = parse_quiet("23:00-07:30"), parse_quiet("12:00 - 13:00")
    assert night is not None
    assert noon is not None
    at = {hour: datetime(2026, 1, 1, hour).time() for hour in (7, 12, 13, 22, 23)}  # noqa: DTZ001
    assert [hour for hour, moment in at.items() if night.contains(moment)] == [7, 23]
    assert [hour for hour, moment in at.items() if noon.contains(moment)] == [12]
    assert parse_quiet(None) is None
    for wrong in ("23", "25-7", "23:99-7:00"):
        with pytest.raises(RuleError, match="23:00-07:00"):
            parse_quiet(wrong)


def titles(checks: RowChecks, rows: list[float]) -> list[str]:
    return [alert.title for step, value in enumerate(rows) for alert in checks.check(["loss"], [value], step)]


def test_a_metric_that_becomes_nan_is_told_once_and_its_recovery_too() -> None:
    checks = RowChecks(parse_rules(["nan"]), "/runs/a", "a")
    rows = [1.0, math.nan, math.nan, 1.0, math.inf, *[2.0] * 19]
    assert titles(checks, rows) == ["loss is nan: a"]
    assert titles(checks, [2.0]) == ["loss is finite again: a"]
    assert titles(checks, [-math.inf]) == ["loss is -inf: a"]


def test_a_metric_without_a_value_at_the_beginning_is_no_alert() -> None:
    checks = RowChecks(parse_rules(["nan"]), "/runs/a", "a")
    assert titles(checks, [math.nan] * 9 + [1.0] * 5) == []
    assert titles(RowChecks(parse_rules(["nan"]), "", "a"), [math.nan] * 10) == ["loss is nan: a"]


def test_a_threshold_is_told_when_it_begins_to_hold() -> None:
    checks = RowChecks(parse_rules(["last.loss < 1 after step 2"]), "/runs/a", "a")
    assert titles(checks, [0.5, 0.5, 0.5, 0.5, 2.0, 0.1]) == [
        "loss is 0.5: a",
        "loss is 2 again: a",
        "loss is 0.1: a",
    ]


def test_a_cause_is_claimed_once_by_all_processes_and_again_after_recovery(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    gone = recovered(ALERT, "well again")
    assert [claim(path, alert) for alert in (gone, ALERT, ALERT, gone, gone, ALERT)] == [
        False, True, False, True, False, True,
    ]  # fmt: skip
    assert claim(path, Alert("other", "x"))
    won = []
    threads = [
        threading.Thread(target=lambda: won.append(claim(path, Alert("race", "x")))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 1


def test_a_cause_that_comes_and_goes_is_told_three_times_a_day(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    gone = recovered(ALERT, "well again")
    told = [claim(path, alert) for _ in range(5) for alert in (ALERT, gone)]
    assert told == [True] * 6 + [False] * 4
    old = (datetime.now().astimezone() - timedelta(days=2)).isoformat()
    today = datetime.now().astimezone().date().isoformat()
    lines = [line for line in path.read_text().splitlines() if today in line]
    records = [{**json.loads(line), "time": old} for line in lines]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert claim(path, ALERT)


def test_putting_an_alert_never_waits_and_a_secret_in_it_is_masked(service: Service, tmp_path: Path) -> None:
    service.seconds = 0.5
    outbox = Outbox(
        parse_addresses([service.url]), None, print, lambda text: text.replace("hush", "<redacted>")
    )
    begin = time.monotonic()
    for _ in range(50):
        outbox.put(Alert("c", "hush a", "hush b"), tmp_path / "alerts.jsonl")
    assert time.monotonic() - begin < 0.4
    outbox.finish(20)
    (body,) = service.bodies
    assert (body["title"], body["text"]) == ("<redacted> a", "<redacted> b")


def test_what_cannot_be_sent_is_tried_again_and_reported_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_config.alerts.outbox._PAUSE_SECONDS", 0.01)
    service.status = 500
    reports: list[str] = []
    outbox = Outbox(parse_addresses([f"{service.url}/hush"]), None, reports.append)
    outbox.put(ALERT)
    outbox.put(Alert("other", "other"))
    outbox.finish(20)
    assert len(service.requests) == 6
    (report,) = reports
    assert report.startswith("an alert could not be sent: address 1 (webhook): status 500")


def test_quiet_hours_hold_alerts_back_until_they_end(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sml_config.alerts.outbox._RETRY_SECONDS", 0.05)
    quiet = threading.Event()
    quiet.set()
    monkeypatch.setattr(Outbox, "_is_quiet", lambda _self: quiet.is_set())
    outbox = Outbox(parse_addresses([service.url]), parse_quiet("00:00-00:01"), print)
    told = tmp_path / "alerts.jsonl"
    gone = Alert("passing", "passing")
    for alert in (ALERT, gone, recovered(gone, "passed")):
        outbox.put(alert, told)
    outbox.finish(5)
    assert service.requests == []
    assert not told.exists()
    quiet.clear()
    (body,) = service.wait(1)
    assert body["cause"] == "nan loss"
    assert "passing" not in told.read_text()


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of this process that is going on."""
    folder = RunFolder(tmp_path / "runs" / "a")
    folder.config.mkdir(parents=True)
    set_status(folder, state="running")
    return folder


def set_status(folder: RunFolder, age: float = 0.0, **facts: Any) -> None:
    record = {**Process.current().record(), "state": "running", **facts}
    folder.status.write_text(json.dumps(record))
    moment = time.time() - age
    os.utime(folder.status, (moment, moment))


@pytest.fixture
def watcher(service: Service) -> Callable[..., list[str]]:
    """Looks at runs by a watcher with all rules; returns the titles of all alerts so far."""
    rules = parse_rules(["nan", "failed", "finished", "dead", "stalled 5x", "last.loss > 100"])
    outbox = Outbox(parse_addresses([service.url]), None, print)
    watch = RunWatcher(rules, outbox)

    def look(*folders: RunFolder) -> list[str]:
        watch.check([folder.path for folder in folders])
        outbox.finish(10)
        return [body["title"] for body in service.bodies]

    return look


def test_the_end_of_a_run_is_told_once(
    run: RunFolder, watcher: Callable[..., list[str]], service: Service
) -> None:
    assert watcher(run) == []
    set_status(run, state="failed", error="ValueError: boom")
    assert watcher(run) == ["failed: a"]
    assert watcher(run) == ["failed: a"]
    assert service.bodies[0]["text"] == "ValueError: boom"
    assert sent_alerts_file(run).is_file()


def test_what_ended_before_the_watcher_began_is_no_news(
    run: RunFolder, watcher: Callable[..., list[str]]
) -> None:
    set_status(run, age=3600, state="failed")
    assert watcher(run) == []
    set_status(run, age=3600, state="running", pid_start=1)
    assert watcher(run) == []


def test_a_run_that_another_watcher_told_about_is_not_told_again(
    run: RunFolder, watcher: Callable[..., list[str]]
) -> None:
    watcher(run)
    claim(sent_alerts_file(run), Alert("failed", "x"))
    set_status(run, state="failed")
    assert watcher(run) == []


def test_a_dead_process_and_its_return_are_told(run: RunFolder, watcher: Callable[..., list[str]]) -> None:
    watcher(run)
    set_status(run, pid_start=1)
    assert watcher(run) == ["the process has died: a"]
    set_status(run)
    assert watcher(run) == ["the process has died: a", "the run goes on: a"]


def test_a_run_on_another_host_is_dead_after_a_long_silence(
    run: RunFolder, watcher: Callable[..., list[str]]
) -> None:
    set_status(run, boot_id="other", machine_id="other", host="other")
    assert watcher(run) == []
    set_status(run, age=700, boot_id="other", machine_id="other", host="other")
    assert watcher(run) == ["the process has died: a"]


def test_rows_are_checked_as_they_come(
    run: RunFolder, watcher: Callable[..., list[str]], service: Service
) -> None:
    run.table.write_text("step,loss\n0,1.0\n")
    assert watcher(run) == []
    with run.table.open("a") as table:
        table.write("10,nan\n20,500\n30,")
    assert watcher(run) == ["loss is nan: a", "loss is 500: a"]
    assert [body["text"] for body in service.bodies] == ["at step 10", "last.loss > 100, at step 20"]
    run.table.write_text("step,loss,late\n0,1.0,\n10,nan,\n20,500,\n30,1,1\n")
    with run.table.open("a") as table:
        table.write("40,2,nan\n")
    assert watcher(run) == ["loss is nan: a", "loss is 500: a"]


def test_a_run_without_new_rows_is_stalled_and_may_go_on(
    run: RunFolder, watcher: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("sml_config.alerts.watch._SHORTEST_STALL", 10.0)
    run.table.write_text("step,loss\n0,1\n")
    os.utime(run.table, (now - 100, now - 100))
    watcher(run)
    with run.table.open("a") as table:
        table.writelines(f"{step},1\n" for step in range(1, 11))
    os.utime(run.table, (now - 55, now - 55))  # 4.5 s a row
    watcher(run)
    assert watcher(run) == ["no new row for 1 minutes: a"]
    with run.table.open("a") as table:
        table.write("11,1\n")
    assert watcher(run)[1:] == ["rows come again: a"]


def test_a_full_disk_is_told_once_for_all_processes(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_config.alerts.watch.private_folder", lambda _name: tmp_path)
    for least in ("disk < 99999TB", "disk < 99999TB", "disk < 1MB"):
        outbox = Outbox(parse_addresses([service.url]), None, print)
        watch = DiskWatcher(parse_rules([least]), outbox)
        watch.check(tmp_path)
        watch.check(tmp_path)
        outbox.finish(10)
    (body,) = service.bodies
    assert "is nearly full" in body["title"]
    assert "GB are free" in body["text"]


def test_without_addresses_there_is_nothing_to_do() -> None:
    assert alerting([], ["nan"], None, print) is None


def test_wrong_settings_are_faults_with_their_lines_and_without_addresses(tmp_path: Path) -> None:
    path = tmp_path / "common_config.yaml"
    path.write_text(
        "ALERT_TO:\n  - https://ntfy.sh/hush-hush-1\n  - gopher:hush-hush-2\n"
        "ALERT_RULES: [nan, wrong]\nALERT_QUIET: late\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_section(path, CommonConfig)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["ALERT_TO", "ALERT_RULES", "ALERT_QUIET"]
    assert "hush" not in str(caught.value)
    assert "'wrong'" in lines[1]


def test_addresses_are_masked_in_everything_that_shows_settings() -> None:
    config = CommonConfig(ALERT_TO=["https://ntfy.sh/hush-hush-topic"])
    assert "hush" not in repr(config)
    assert "https://ntfy.sh/hush-hush-topic" in config.secrets
