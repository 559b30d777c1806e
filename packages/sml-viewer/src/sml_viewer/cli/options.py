"""The command `options`: search and print the plot options."""

from __future__ import annotations

import argparse
import difflib
import json
import os
from collections.abc import Sequence

from sml_viewer.config.option import Option, accepted_values
from sml_viewer.config.plot_options import OPTIONS
from sml_viewer.errors import OptionError
from sml_viewer.i18n import translated

_LINES = {
    "en": "{name}\n    {meaning}\n    values: {values}; default: {default}",
    "zh": "{name}\n    {meaning}\n    取值：{values}；默认值：{default}",
}


def list_options(options: argparse.Namespace) -> int:
    """Print the options that contain all words. Raises OptionError if there are none."""
    matches = matching(options.words)
    language = options.language or language_of(os.environ)
    if options.json:
        print(json.dumps([_record(option, language) for option in matches], ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(option, language) for option in matches))
    return 0


def matching(words: Sequence[str]) -> list[Option]:
    """The options with every word in their name, meaning (either language) or choices."""
    matches = [
        option for option in OPTIONS.values() if all(word.lower() in _searched(option) for word in words)
    ]
    if not matches:
        near = difflib.get_close_matches(" ".join(words).upper(), OPTIONS, 3, 0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "run it without a word to list all"
        raise OptionError(f"no plot option matches {' '.join(words)[:200]!r}; {hint}")
    return matches


def language_of(environment: os._Environ[str] | dict[str, str]) -> str:
    """The language of messages in an environment, by the rules of gettext: zh or en."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            chosen = environment.get("LANGUAGE") or value
            return "zh" if value not in ("C", "POSIX") and chosen.lower().startswith("zh") else "en"
    return "en"


def _searched(option: Option) -> str:
    return " ".join((option.name, option.label, option.label_zh, *option.choices)).lower()


def _record(option: Option, language: str) -> dict[str, object]:
    ignored = option.kind == "ignored"
    return {
        "name": option.name,
        "meaning": option.label_zh if language == "zh" else option.label,
        "values": "–" if ignored else translated(accepted_values(option), language),
        "default": option.unset,
    }


def _lines(option: Option, language: str) -> str:
    record = _record(option, language)
    record["default"] = json.dumps(record["default"], ensure_ascii=False)
    return _LINES[language].format(**record)
