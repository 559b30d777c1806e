"""Authentication: exchange a password or a one-time token for a signed session that expires."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from sml_viewer.web.settings import Setup

from .login_throttle import LoginThrottle
from .session_store import FOLDER, RevokedSessions, load_or_create_secret

# Used sessions are extended, up to this age.
_LONGEST = 30 * 24 * 3600.0
# A slow hash takes 32 MB and a core; unlimited concurrency would allow denial of service.
_HASHES_AT_ONCE = 2
EXTENSION = "sml-viewer-auth"


@dataclass(frozen=True)
class Session:
    """The session of one browser; `user` is None before login, `issued` the time of its cookie."""

    id: str
    user: str | None
    created: float
    issued: float


class Auth:
    """Checks passwords and tokens; reads, writes and revokes sessions. Thread-safe."""

    def __init__(
        self, setup: Setup, password: str = "", announce: Callable[[str], None] | None = None
    ) -> None:
        """Keep only a slow hash of the password, in memory.

        The hash also signs sessions: they survive a restart with the same password and workspace, and
        become invalid with another password. Without a password the workspace's random secret signs them,
        which a slow hash would not improve. `announce` is called with each new one-time token.
        """
        self.setup = setup
        self._period = setup.period * 3600
        self._longest = max(_LONGEST, self._period)
        self._hashing = threading.BoundedSemaphore(_HASHES_AT_ONCE)
        folder = setup.workspace / FOLDER
        secret = load_or_create_secret(folder)
        self._salt = hashlib.sha256(f"{setup.login}\n{setup.port}\n".encode() + secret).digest()
        with_password = setup.login == "password"
        self._key = self._hash(setup.user, password) if with_password else self._salt
        self._serializer = URLSafeTimedSerializer(
            self._key, salt="sml-viewer session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._revoked = RevokedSessions(folder / f"ended-{setup.port}.json")
        self.throttle = LoginThrottle()
        self._token_lock = threading.Lock()
        self._announce = announce
        self._token: str | None = None
        if setup.login == "token":
            self._make_token()

    def cookie_name(self) -> str:
        """The name of the session's cookie; browsers refuse __Host- with a path."""
        prefix = "" if not self.setup.secure else "__Secure-" if request.script_root else "__Host-"
        return f"{prefix}sml_viewer_{self.setup.port}"

    def check_password(self, user: str, password: str) -> bool:
        """Whether user and password are correct; takes equally long for a wrong user and a wrong password."""
        if self.setup.login != "password":
            return False
        return hmac.compare_digest(self._hash(user, password), self._key)

    def spend_token(self, token: str) -> bool:
        """Whether the token is correct; if so, it is replaced by a new one."""
        with self._token_lock:
            if self._token is None or not _equal(token, self._token):
                return False
            self._make_token()
            return True

    def _make_token(self) -> None:
        self._token = secrets.token_urlsafe(32)
        if self._announce is not None:
            self._announce(self._token)

    def open(self, user: str | None) -> Session:
        """A new session."""
        now = time.time()
        return Session(secrets.token_urlsafe(18), user, now, now)

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None if it is forged, expired or revoked."""
        if not cookie:
            return None
        try:
            (identity, user, created), dated = self._serializer.loads(
                cookie, max_age=int(self._period), return_timestamp=True
            )
        except (BadData, ValueError, TypeError):
            return None
        if time.time() - created > self._longest or self._revoked.holds(identity):
            return None
        return Session(identity, user, created, dated.timestamp())

    def is_stale(self, session: Session) -> bool:
        """Whether the cookie should be renewed to extend the session."""
        return time.time() - session.issued > min(3600.0, self._period / 4)

    def write(self, response: Response, session: Session) -> None:
        """Set the session's cookie, with a new date."""
        response.set_cookie(
            self.cookie_name(),
            self._serializer.dumps([session.id, session.user, session.created]),
            max_age=int(self._period),
            httponly=True,
            samesite="Strict",
            secure=self.setup.secure,
            path=cookie_path(),
        )

    def end(self, response: Response, session: Session) -> None:
        """Revoke a session and delete its cookie; copies of the cookie are refused from now on."""
        # Longer than any cookie of it is valid, even if the page is restarted with a longer period.
        self._revoked.add(session.id, time.time() + self._longest)
        response.delete_cookie(
            self.cookie_name(),
            path=cookie_path(),
            httponly=True,
            samesite="Strict",
            secure=self.setup.secure,
        )

    def csrf(self, session: Session) -> str:
        """The token that a request with side effects must carry besides the cookie."""
        return hmac.new(self._key, f"csrf\n{session.id}".encode(), hashlib.sha256).hexdigest()

    def check_csrf(self, session: Session, token: str) -> bool:
        """Whether the token belongs to the session."""
        return _equal(token, self.csrf(session))

    def _hash(self, user: str, password: str) -> bytes:
        salt = self._salt + hashlib.sha256(user.encode("utf-8", "replace")).digest()
        # Hashed to a fixed length, because scrypt ignores trailing zero bytes.
        content = hashlib.sha512(password.encode("utf-8", "replace")).digest()
        with self._hashing:
            return hashlib.scrypt(content, salt=salt, n=2**15, r=8, p=1, maxmem=2**26)


def _equal(given: str, right: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def cookie_path() -> str:
    """The path of cookies: other pages behind the same proxy do not get them."""
    return request.script_root or "/"


def auth() -> Auth:
    """The authentication of the current application."""
    current: Auth = current_app.extensions[EXTENSION]
    return current


def session() -> Session:
    """The session of the current request."""
    current: Session = g.session
    return current
