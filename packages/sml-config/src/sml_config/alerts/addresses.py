"""Where alerts go: the addresses of `ALERT_TO`, which are secret, since whoever knows one can post there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

WEBHOOK, NTFY, SLACK, DISCORD, FEISHU, DINGTALK, WECOM, TELEGRAM, EMAIL, APPRISE = (
    "webhook",
    "ntfy",
    "slack",
    "discord",
    "feishu",
    "dingtalk",
    "wecom",
    "telegram",
    "email",
    "apprise",
)
_HTTP_KINDS = (WEBHOOK, NTFY, SLACK, DISCORD, FEISHU, DINGTALK, WECOM, TELEGRAM)
_HOSTS = {
    "hooks.slack.com": SLACK,
    "discord.com": DISCORD,
    "discordapp.com": DISCORD,
    "open.feishu.cn": FEISHU,
    "open.larksuite.com": FEISHU,
    "oapi.dingtalk.com": DINGTALK,
    "qyapi.weixin.qq.com": WECOM,
    "api.telegram.org": TELEGRAM,
    "ntfy.sh": NTFY,
}
# These are of chat services, which are only reached over TLS.
_ONLY_TLS = {SLACK, DISCORD, FEISHU, DINGTALK, WECOM, TELEGRAM}
_EXPECTED = (
    "an https address (of Slack, Discord, Feishu, DingTalk, WeCom, Telegram, ntfy or any webhook),"
    " KIND+https://… for other hosts, smtps://user:password@host?to=…, or a URL of apprise"
)


class AddressError(ValueError):
    """An invalid address; the message does not contain it."""


@dataclass(frozen=True)
class Destination:
    """An address; `label` names it in messages without giving it away. `options` are of its query."""

    kind: str
    url: str = field(repr=False)
    label: str
    options: dict[str, str] = field(default_factory=dict, repr=False)


def parse_addresses(texts: Iterable[str]) -> tuple[Destination, ...]:
    """The destinations of `ALERT_TO`. Raises AddressError."""
    return tuple(_destination(text.strip(), number) for number, text in enumerate(texts, 1))


def _destination(text: str, number: int) -> Destination:
    label = f"address {number}"
    prefix, separator, rest = text.partition("+")
    kind, address = (prefix, rest) if separator and prefix in _HTTP_KINDS else ("", text)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise AddressError(f"{label} is not a URL; expected {_EXPECTED}") from None
    if parts.scheme in ("smtp", "smtps") and not kind:
        options = dict(parse_qsl(parts.query))
        if not host or not options.get("to"):
            raise AddressError(
                f"{label} has no host or no ?to=; expected smtps://user:password@host?to=me@host"
            )
        return Destination(EMAIL, address, f"{label} (email)", options)
    if parts.scheme not in ("http", "https"):
        if re.fullmatch(r"[a-z][a-z0-9]*", parts.scheme) and "://" in address and not kind:
            return Destination(APPRISE, address, f"{label} (apprise)")
        raise AddressError(f"{label} has no known kind; expected {_EXPECTED}")
    kind = kind or _HOSTS.get(host, WEBHOOK)
    if not host:
        raise AddressError(f"{label} has no host; expected {_EXPECTED}")
    if parts.scheme == "http" and kind in _ONLY_TLS and not _is_loopback(host):
        raise AddressError(f"{label} ({kind}) begins with http://; expected https://")
    own = {DINGTALK: ("secret",), FEISHU: ("secret",), TELEGRAM: ("chat_id",)}.get(kind, ())
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = {name: value for name, value in pairs if name in own}
    if kind == TELEGRAM and "chat_id" not in options:
        raise AddressError(
            f"{label} (telegram) has no chat; expected …/bot<token>/sendMessage?chat_id=<number>"
        )
    query = urlencode([pair for pair in pairs if pair[0] not in own])
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return Destination(kind, url, f"{label} ({kind})", options)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
