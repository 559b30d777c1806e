"""Texts of the server's own pages in each language, and the language of the request."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import request

from .schemas.session import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
LANGUAGE_COOKIE = "sml_viewer_language"
_FOLDER = Path(__file__).parent / "locales"


def language() -> Language:
    """The chosen language, else the browser's, else English."""
    candidates = (
        request.args.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.accept_languages.best_match(LANGUAGES),
    )
    return next((known for name in candidates for known in LANGUAGES if known == name), "en")


def server_texts() -> dict[str, str]:
    """The server's own texts by key, in the language of the request."""
    return _words(language())


@cache
def _words(language: str) -> dict[str, str]:
    content: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return content
