"""Send an alert to one destination, within a time limit."""

from __future__ import annotations

import http.client
import importlib
import importlib.util
import smtplib
import ssl
import urllib.error
import urllib.request
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from .addresses import APPRISE, EMAIL, Destination
from .alert import Alert
from .payloads import message_of, refusal

SECONDS = 10.0
_MOST_ANSWER = 65_536
_SMTP_PORT, _SMTPS_PORT = 587, 465


class SendError(Exception):
    """An alert could not be sent; the message names the destination, never its address."""


def send(destination: Destination, alert: Alert, seconds: float = SECONDS) -> None:
    """Send an alert. Raises SendError."""
    try:
        if destination.kind == EMAIL:
            _mail(destination, alert, seconds)
        elif destination.kind == APPRISE:
            _apprise(destination, alert)
        else:
            _post(destination, alert, seconds)
    except urllib.error.HTTPError as error:
        error.close()
        raise SendError(f"{destination.label}: status {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Only the kind of error: its text may contain the address.
        reason = getattr(error, "reason", error)
        words = getattr(reason, "strerror", None) or type(reason).__name__
        raise SendError(f"{destination.label}: {words}") from None


def _post(destination: Destination, alert: Alert, seconds: float) -> None:
    message = message_of(destination, alert)
    request = urllib.request.Request(  # noqa: S310  addresses are http or https
        message.url,
        data=message.data,
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "sml", **message.headers},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
        content = answer.read(_MOST_ANSWER)
    if reason := refusal(destination, content):
        raise SendError(f"{destination.label}: {reason}")


def _mail(destination: Destination, alert: Alert, seconds: float) -> None:
    parts = urlsplit(destination.url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    receivers = [name.strip() for name in destination.options["to"].split(",") if name.strip()]
    message = EmailMessage()
    message["Subject"] = " ".join(alert.title.split())
    message["From"] = destination.options.get("from") or (user if "@" in user else receivers[0])
    message["To"] = ", ".join(receivers)
    message.set_content("\n".join(part for part in (alert.text, alert.run) if part) + "\n")
    context = ssl.create_default_context()
    host = parts.hostname or ""
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or _SMTPS_PORT, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or _SMTP_PORT, timeout=seconds)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.scheme == "smtp" and password:
            raise SendError(
                f"{destination.label}: the server offers no TLS, and the password is not sent without it"
            )
        if password:
            server.login(user, password)
        server.send_message(message)


def _apprise(destination: Destination, alert: Alert) -> None:
    if importlib.util.find_spec("apprise") is None:
        raise SendError(f"{destination.label}: pip install 'sml-logger[alerts]'")
    apprise = importlib.import_module("apprise")
    sender = apprise.Apprise()
    if not sender.add(destination.url):
        raise SendError(f"{destination.label}: apprise does not know this kind of address")
    if not sender.notify(title=alert.title, body=alert.whole_text):
        raise SendError(f"{destination.label}: apprise could not send it")
