"""Parse the JSON body of a request: checked fields, plot configuration and query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from itertools import chain
from typing import Any, NoReturn

from flask import Response, request

from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.config.typed_options import OutputOptions
from sml_viewer.errors import QueryError, SmlViewerError
from sml_viewer.i18n import LANGUAGES, Message, message_of, own_names, translated
from sml_viewer.query_length import LONGEST_QUERY
from sml_viewer.render.request import PlotRequest
from sml_viewer.web.i18n import language as chosen_language
from sml_viewer.web.library_pool import library

from .chosen_runs import with_runs
from .responses import json_response


class BadRequestError(SmlViewerError):
    """A malformed request; the message names the field."""


def json_endpoint(view: Callable[[], Response]) -> Callable[[], Response]:
    """Decorate a view so that errors of the engine are answered as `{"error": …}` with status 200.

    No runs, a removed column, or half a query are states that the page shows, not failures of the page.
    """

    @wraps(view)
    def answered() -> Response:
        try:
            return view()
        except BadRequestError:
            raise
        except QueryError as error:
            message = translated(error.message, _language())
            return json_response({"error": {"message": message, "where": error.column}})
        except SmlViewerError as error:
            return json_response({"error": {"message": message_of(error, _language())}})

    return answered


class Body:
    """The JSON object of a POST, with typed access to its fields."""

    def __init__(self) -> None:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise BadRequestError(Message("expected a JSON object"))
        self.fields: dict[str, Any] = body

    def text(self, name: str, default: str | None = None) -> str:
        """A string; required without a default."""
        value = self.fields.get(name, default)
        return value if isinstance(value, str) else _wrong(name, Message("a string"))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.fields.get(name, default)
        return value if isinstance(value, bool) else _wrong(name, Message("true or false"))

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number, limited to the range from `low` to `high`."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            return _wrong(name, Message("a number"))
        return min(max(value, low), high)

    def texts(self, name: str, default: list[str] | None = None) -> list[str]:
        """A list of strings."""
        value = self.fields.get(name, default)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return _wrong(name, Message("a list of strings"))
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of several strings."""
        value = self.fields.get(name, default)
        return (
            value
            if isinstance(value, str) and value in choices
            else _wrong(name, Message("one of {choices}", choices=", ".join(choices)))
        )

    def pair(self, name: str) -> tuple[str, str] | None:
        """Two strings, or None."""
        if self.fields.get(name) is None:
            return None
        value = self.texts(name)
        return (value[0], value[1]) if len(value) == 2 else _wrong(name, Message("two strings"))

    def translate(self, text: str) -> str:
        """A text of the engine in the language of the request ("language")."""
        return translated(text, self.language)

    @property
    def language(self) -> str:
        """The language of the page."""
        return self.choice("language", LANGUAGES, "en")

    def own_names(self, *names: Iterable[str]) -> dict[str, str]:
        """What the page shows for names that are ours; they are English where they are keys."""
        return own_names(chain(*names), self.language)

    def configuration(self, name: str = "config") -> Configuration:
        """A plot configuration. Raises OptionError with all faults."""
        return from_json(self.fields.get(name) or {})

    def plot_request(self) -> PlotRequest:
        """The requested runs and configuration."""
        shown, where = library(), checked_query(self.text("where", ""))
        chosen = with_runs(shown, where, self.texts("runs", []), self.texts("without", []))
        return PlotRequest(shown, self.configuration(), chosen)

    def figure_request(self) -> PlotRequest:
        """The same for figures and commands, whose words are in the page's language unless it is set."""
        request = self.plot_request()
        language = self.language
        if language == "en" or OutputOptions.of(request.configuration).figure_language:
            return request
        configuration = request.configuration.with_values(FIGURE_LANGUAGE=language)
        return replace(request, configuration=configuration)


def checked_query(text: str) -> str:
    """A query of limited length, because each word costs memory and time. Raises BadRequestError."""
    if len(text) > LONGEST_QUERY:
        raise BadRequestError(
            Message("{name}: expected a query of at most {most} characters", name="where", most=LONGEST_QUERY)
        )
    return text


def _language() -> str:
    """The language of a request, which may have been refused before its body was parsed."""
    body = request.get_json(silent=True)
    name = body.get("language") if isinstance(body, dict) else None
    if name in LANGUAGES:
        return str(name)
    return chosen_language() if request.method == "GET" else "en"


def _wrong(name: str, expected: str) -> NoReturn:
    raise BadRequestError(Message("{name}: expected {expected}", name=name, expected=expected))
