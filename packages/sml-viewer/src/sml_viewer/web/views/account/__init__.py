"""Who looks at the page: logging in and out, the session."""

from .login import login
from .session import session

BLUEPRINTS = (login, session)

__all__ = ["BLUEPRINTS"]
