"""TypeScript declarations of the JSON interface, from the types in `sml_viewer/web/schemas`."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from sml_viewer.web.schemas import ENDPOINTS, Endpoint
from sml_viewer.web.schemas.plots import Array
from sml_viewer.web.schemas.session import ErrorShown

_HEAD = """// Types of the JSON interface; written by scripts/references.py from web/schemas.

/** An array of a binary answer, as `unpack` puts it into place. */
export type Numbers = Float64Array | Float32Array | Uint32Array;

/** What an answer with an ETag also has: send it with the next request. */
export interface Tagged {
  etag: string;
}

/** What a computation answers, also with status 200, where there is nothing to compute. */
export interface Computed {
  error?: ErrorShown;
}
"""
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "any"}


def declarations() -> str:
    """All types as one module, with the answer and the body of each address."""
    known: dict[str, Any] = {}
    for endpoint in ENDPOINTS.values():
        for top in (endpoint.answer, endpoint.body):
            _collect(top, known)
    _collect(ErrorShown, known)
    interfaces = "".join(f"\n{_interface(known[name])}" for name in sorted(known))
    return f"{_HEAD}{interfaces}{_chain('GET')}{_chain('POST')}{_bodies()}"


def _collect(kind: Any, known: dict[str, Any]) -> None:
    if is_typeddict(kind) and kind is not Array and kind.__name__ not in known:
        known[kind.__name__] = kind
        for hint in get_type_hints(kind).values():
            _collect(hint, known)
    for argument in get_args(kind):
        _collect(argument, known)


def _interface(kind: Any) -> str:
    required = kind.__required_keys__
    fields = "".join(
        f"  {name}{'' if name in required else '?'}: {_type(hint)};\n"
        for name, hint in sorted(get_type_hints(kind).items())
    )
    summary = "" if kind.__doc__ is None else " ".join(inspect.cleandoc(kind.__doc__).split())
    return (f"/** {summary} */\n" if summary else "") + f"export interface {kind.__name__} {{\n{fields}}}\n"


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Array:
        return "Numbers"
    if is_typeddict(hint):
        return str(hint.__name__)
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(map(_type, arguments)))
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(map(_type, arguments))}]"
    if origin is dict:
        return f"Record<string, {_type(arguments[1])}>"
    return _PLAIN[hint]


def _addresses(method: str) -> Iterator[tuple[str, Endpoint]]:
    """Addresses as template types, the more particular ones first."""
    for name, endpoint in sorted(ENDPOINTS.items(), key=lambda item: ("<" in item[0], -len(item[0]))):
        word, address = name.split(" ")
        if word == method and endpoint.answer is not None:
            yield re.sub(r"<\w+>", "${string}", address), endpoint


def _chain(method: str) -> str:
    """The answer of an address, as a conditional type."""
    lines = [
        f"  : P extends `{address}` ? {_name(endpoint.answer)}{_marks(endpoint)}\n"
        for address, endpoint in _addresses(method)
    ]
    name = f"{method.capitalize()}Answer"
    text = "".join(lines).replace("  : ", "  ", 1)
    head = f"\n/** What a {method} of an address answers. */\nexport type {name}<P extends string> =\n"
    return f"{head}{text}  : any;\n"


def _name(kind: type | None) -> str:
    return "never" if kind is None else kind.__name__


def _marks(endpoint: Endpoint) -> str:
    computes = endpoint.body is not None and "where" in get_type_hints(endpoint.body)
    return (" & Tagged" if endpoint.tagged else "") + (" & Computed" if computes else "")


def _bodies() -> str:
    lines = "".join(
        f"  {': ' if index else ''}P extends `{address}` ? {_name(endpoint.body)}\n"
        for index, (address, endpoint) in enumerate(_addresses("POST"))
    )
    binary = " | ".join(f'"{address}"' for address, endpoint in _addresses("POST") if endpoint.binary)
    return (
        f"\n/** What a POST to an address takes. */\nexport type Body<P extends string> =\n{lines}  : any;\n"
        f"\n/** Addresses that answer a JSON header and arrays. */\nexport type Binary = {binary};\n"
    )
