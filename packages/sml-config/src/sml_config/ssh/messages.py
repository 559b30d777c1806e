"""Parse the stderr of ssh into steps of a login and the reason of a failure."""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import HostKeyError, SshError

# Hears each step and what came of it.
StepCallback = Callable[[str, str], None]

_MOST_LINES = 40
_DEBUG = re.compile(r"\Adebug\d: ")
_CONNECTING = re.compile(r"Connecting to \S+ \[([^\]]*)\] port (\d+)\.")
_PROXY = re.compile(r"Executing proxy command: (?:exec )?(.*)")
_SHOWN = re.compile(r"Server host key: (\S+ SHA256:\S+)")
_OFFERED = re.compile(r"Offering public key: (.*?) \S+ SHA256:\S+(.*)")
_UNUSABLE = re.compile(r'(?:no such identity: |Load key )"?(.*?)"?: (?:error in \w+: )?(.*)')
_AUTHENTICATED = re.compile(r'Authenticated to \S+ \(.*\) using "([^"]*)"\.')
_CONTINUE = re.compile(r"Authentications that can continue: (.*)")

_UNKNOWN = re.compile(r"No \S+ host key is known for (.*) and you have requested strict checking")
_CHANGED = re.compile(r"(?:Host key for|The \S+ host key for) (\S+) has changed")
_REVOKED = re.compile(r"host key for (\S+) is marked as revoked")
# Reasons in the order in which they are looked for: a pattern, the step that failed, and how it is told.
_REASONS = [
    (re.compile(pattern), step, form)
    for pattern, step, form in (
        (r"(.*?):? line (\d+): (.*)", "settings", "{1} line {2}: {3}"),
        (r"Bad owner or permissions on .*|Can't open user config file .*", "settings", "{0}"),
        (r"Could not resolve hostname (.*?): (.*)", "resolve", "{1} cannot be resolved: {2}"),
        (r"hostname contains invalid characters", "resolve", "{0}"),
        (r"connect to host (\S+) port (\d+): (.*)", "connect", "{1} port {2}: {3}"),
        (
            r"Connection timed out during banner exchange",
            "connect",
            "no SSH server answered within {seconds} s",
        ),
        (r"Unable to negotiate with .*?: (.*)", "connect", "{1}"),
        (r"Permission denied \(|Too many authentication failures", "login", ""),
    )
]


class Transcript:
    """Takes line after line; knows the step of a login and, in the end, why it failed."""

    def __init__(self, on_step: StepCallback, connect_seconds: float) -> None:
        self._on_step = on_step
        self._seconds = connect_seconds
        self._route = ""
        self._lines: list[str] = []
        # Whether the server gave up on us before all keys were tried.
        self.had_too_many = False
        self._key_name = ""
        self._is_partly_done = False
        self._has_banner = False
        self.step = "resolve"
        # The host's key, as kind and fingerprint.
        self.key = ""
        self.tried: list[str] = []

    def feed(self, line: str) -> None:
        """Take a line."""
        text = _DEBUG.sub("", line.rstrip())
        if match := _CONNECTING.fullmatch(text):
            self._on_step("resolve", match[1])
            self.step, self._route, self._has_banner = "connect", f"port {match[2]}", False
        elif match := _PROXY.fullmatch(text):
            self.step, self._route, self._has_banner = "connect", f"by {match[1]}", False
        elif text.startswith("Remote protocol version "):
            self._has_banner = True
            self._on_step("connect", self._route)
        elif match := _SHOWN.fullmatch(text):
            self.step, self.key = "host key", match[1]
        elif text == "SSH2_MSG_NEWKEYS sent" and self.step == "host key":
            self._on_step("host key", self.key)
            self.step = "login"
        elif not self._feed_login(text) and text == line.rstrip() and text.strip(" @"):
            self._lines = [*self._lines, text.strip()][-_MOST_LINES:]

    def _feed_login(self, text: str) -> bool:
        if match := _OFFERED.fullmatch(text):
            self._key_name = "agent key" if match[2].endswith(" agent") else f"key {match[1]}"
            self.tried.append(self._key_name)
        elif match := _UNUSABLE.fullmatch(text):
            self.tried.append(f"key {match[1]} ({match[2]})")
        elif "Too many authentication failures" in text:
            self.had_too_many = True
            return False
        elif "with partial success" in text:
            self._is_partly_done = True
        elif match := _CONTINUE.fullmatch(text):
            if self._is_partly_done and self.tried:
                self.tried[-1] += f" (accepted, but {match[1].replace(',', ' and ')} is also required)"
            self._is_partly_done = False
        elif match := _AUTHENTICATED.fullmatch(text):
            self._on_step("login", f"with {self._key_name if match[1] == 'publickey' else match[1]}")
            self.step = "session"
        else:
            return False
        return True

    def failure(self, user: str, tried: list[str]) -> SshError:
        """Why ssh ended; `tried` is what the questions of a login were answered with."""
        text = "\n".join(self._lines)
        for reason, pattern in (("revoked", _REVOKED), ("changed", _CHANGED), ("unknown", _UNKNOWN)):
            if match := pattern.search(text):
                return HostKeyError(reason, match[1], self.key)  # type: ignore[arg-type]  # one of the literals
        if "Host key verification failed" in text:
            return HostKeyError("unknown", "", self.key)
        for pattern, step, form in _REASONS:
            if match := pattern.search(text):
                if step == "login":
                    return self.login_failed(user, tried)
                return SshError(step, form.format(match[0], *match.groups(), seconds=f"{self._seconds:.0f}"))
        if self.step == "connect" and not self._has_banner:
            first = self._lines[0] if self._lines else ""
            by_itself = first.startswith(("kex_exchange", "ssh_exchange", "Connection "))
            reason = "the connection was closed at once" if by_itself or not first else first
            route = f"{self._route}: " if self._route.startswith("by ") else ""
            return SshError("connect", f"{route}no SSH server responds: {reason}")
        last = self._lines[-1] if self._lines else "ssh ended without a message"
        if self.step == "login":
            return self.login_failed(user, [*tried, last])
        return SshError(self.step, last)

    def login_failed(self, user: str, tried: list[str]) -> SshError:
        """The error of a login that failed."""
        methods = "; ".join(dict.fromkeys([*self.tried, *tried])) or "nothing"
        remedy = "check user and password, or add your public key to ~/.ssh/authorized_keys on that host"
        return SshError("login", f"{user} could not log in; tried: {methods}; {remedy}")
