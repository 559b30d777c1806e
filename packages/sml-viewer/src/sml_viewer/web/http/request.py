"""What a page asks with: the configuration and the query in the body of a request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from flask import Response, request

from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.errors import QueryError, SmlViewerError
from sml_viewer.i18n import LANGUAGES, message_of, translated
from sml_viewer.query_length import LONGEST_QUERY
from sml_viewer.render.request import PlotRequest
from sml_viewer.web.library_pool import library

from .chosen_runs import with_runs
from .responses import answer


class BadRequestError(SmlViewerError):
    """A request that our own page would not make; the message names the field."""


def json_endpoint(view: Callable[[], Response]) -> Callable[[], Response]:
    """A view whose answer may be that there is nothing to compute: `{"error": …}` with status 200.

    No runs, a column that went, half a query: that is what the page shows then, not a failure of the page.
    """

    @wraps(view)
    def answered() -> Response:
        try:
            return view()
        except BadRequestError:
            raise
        except QueryError as error:
            message = translated(error.message, _language())
            return answer({"error": {"message": message, "where": error.column}})
        except SmlViewerError as error:
            return answer({"error": {"message": message_of(error, _language())}})

    return answered


class Body:
    """The JSON object of a POST, each field with the type that it must have."""

    def __init__(self) -> None:
        found = request.get_json(silent=True)
        if not isinstance(found, dict):
            raise BadRequestError("wanted a JSON object")
        self.fields: dict[str, Any] = found

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it has to be there."""
        value = self.fields.get(name, default)
        return value if isinstance(value, str) else _wrong(name, "a text")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.fields.get(name, default)
        return value if isinstance(value, bool) else _wrong(name, "true or false")

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number, brought between two others."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            return _wrong(name, "a number")
        return min(max(value, low), high)

    def texts(self, name: str, default: list[str] | None = None) -> list[str]:
        """A list of texts."""
        value = self.fields.get(name, default)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return _wrong(name, "a list of texts")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of several texts."""
        value = self.fields.get(name, default)
        return (
            value
            if isinstance(value, str) and value in choices
            else _wrong(name, f"one of {', '.join(choices)}")
        )

    def pair(self, name: str) -> tuple[str, str] | None:
        """Two texts, or nothing."""
        if self.fields.get(name) is None:
            return None
        value = self.texts(name)
        return (value[0], value[1]) if len(value) == 2 else _wrong(name, "two texts")

    def translate(self, text: str) -> str:
        """A text of the engine in the language that the page is shown in ("language")."""
        return translated(text, self.choice("language", LANGUAGES, "en"))

    def configuration(self, name: str = "config") -> Configuration:
        """A whole plot configuration. Raises OptionError with all its faults."""
        return from_json(self.fields.get(name) or {})

    def plot_request(self) -> PlotRequest:
        """The runs and the configuration that are asked about."""
        shown, where = library(), checked_query(self.text("where", ""))
        return PlotRequest(shown, self.configuration(), with_runs(shown, where, self.texts("runs", [])))


def checked_query(text: str) -> str:
    """A query, which is short: a long one costs memory and time for each of its words."""
    if len(text) > LONGEST_QUERY:
        raise BadRequestError(f"where: wanted a query of at most {LONGEST_QUERY} characters")
    return text


def _language() -> str:
    """That of the request, which may have been refused before its body was looked at."""
    body = request.get_json(silent=True)
    wanted = body.get("language") if isinstance(body, dict) else None
    return wanted if wanted in LANGUAGES else "en"


def _wrong(name: str, wanted: str) -> NoReturn:
    raise BadRequestError(f"{name}: wanted {wanted}")
