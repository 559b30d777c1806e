"""The HTTP request that carries an alert to each kind of service, and how its answer tells success.

Formats of the services' own documents: ntfy (publish as JSON), Slack, Discord, Feishu, DingTalk and WeCom
(custom bots), Telegram (sendMessage).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit, urlunsplit

from .addresses import DINGTALK, DISCORD, FEISHU, NTFY, SLACK, TELEGRAM, WEBHOOK, WECOM, Destination
from .alert import ERROR, INFO, Alert

_DISCORD_LONGEST = 2000
_WECOM_LONGEST = 2048  # bytes
_LONGEST = 3500


@dataclass(frozen=True)
class Message:
    """A POST request with a JSON body."""

    url: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def data(self) -> bytes:
        """The body."""
        return json.dumps(self.body, ensure_ascii=False).encode("utf-8", "replace")


def message_of(destination: Destination, alert: Alert) -> Message:
    """The request that tells an alert to an HTTP service."""
    return _MESSAGES[destination.kind](destination, alert)


def refusal(destination: Destination, answer: bytes) -> str | None:
    """Why a service did not take the alert, though it answered with status 200; None if it did."""
    try:
        value = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    code = {
        FEISHU: value.get("code", value.get("StatusCode", 0)),
        DINGTALK: value.get("errcode", 0),
        WECOM: value.get("errcode", 0),
        TELEGRAM: 0 if value.get("ok", True) else value.get("error_code", 1),
    }.get(destination.kind, 0)
    if not code:
        return None
    words = value.get("msg") or value.get("errmsg") or value.get("description") or ""
    return f"code {code}: {words}"[:200]


def _webhook(destination: Destination, alert: Alert) -> Message:
    body = {
        "title": alert.title,
        "text": alert.text,
        "level": alert.level,
        "run": alert.run,
        "cause": alert.cause,
        "active": alert.is_active,
        **alert.facts,
    }
    return _plain(destination, body)


def _ntfy(destination: Destination, alert: Alert) -> Message:
    parts = urlsplit(destination.url)
    user, _, password = (unquote(part) for part in parts.netloc.rpartition("@")[0].partition(":"))
    headers = {}
    if password:
        words = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {words}" if user else f"Bearer {password}"}
    folder, _, topic = parts.path.rstrip("/").rpartition("/")
    body = {
        "topic": topic,
        "title": alert.title,
        "message": "\n".join(filter(None, (alert.text, alert.run))) or alert.title,
        "priority": {ERROR: 4, INFO: 2}.get(alert.level, 3),
    }
    url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], folder or "/", "", ""))
    return Message(url, body, headers)


def _slack(destination: Destination, alert: Alert) -> Message:
    text = _text(alert).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _plain(destination, {"text": text})


def _discord(destination: Destination, alert: Alert) -> Message:
    body = {"content": _text(alert)[:_DISCORD_LONGEST], "allowed_mentions": {"parse": []}}
    return _plain(destination, body)


def _feishu(destination: Destination, alert: Alert) -> Message:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": _text(alert)}}
    if secret := destination.options.get("secret"):
        moment = str(int(time.time()))
        body = {"timestamp": moment, "sign": _signature(f"{moment}\n{secret}", ""), **body}
    return _plain(destination, body)


def _dingtalk(destination: Destination, alert: Alert) -> Message:
    url = destination.url
    if secret := destination.options.get("secret"):
        moment = str(int(time.time() * 1000))
        sign = quote_plus(_signature(secret, f"{moment}\n{secret}"))
        url += f"{'&' if '?' in url else '?'}timestamp={moment}&sign={sign}"
    return Message(url, {"msgtype": "text", "text": {"content": _text(alert)}}, {})


def _wecom(destination: Destination, alert: Alert) -> Message:
    text = _text(alert).encode("utf-8", "replace")[:_WECOM_LONGEST].decode("utf-8", "ignore")
    return _plain(destination, {"msgtype": "text", "text": {"content": text}})


def _telegram(destination: Destination, alert: Alert) -> Message:
    return _plain(destination, {"chat_id": destination.options["chat_id"], "text": _text(alert)})


def _plain(destination: Destination, body: Mapping[str, Any]) -> Message:
    return Message(destination.url, body, {})


def _text(alert: Alert) -> str:
    return alert.whole_text[:_LONGEST]


def _signature(key: str, text: str) -> str:
    """HMAC-SHA256 in base64, as the bots of Feishu and DingTalk want it."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


_MESSAGES: dict[str, Callable[[Destination, Alert], Message]] = {
    WEBHOOK: _webhook,
    NTFY: _ntfy,
    SLACK: _slack,
    DISCORD: _discord,
    FEISHU: _feishu,
    DINGTALK: _dingtalk,
    WECOM: _wecom,
    TELEGRAM: _telegram,
}
