"""YAML that somebody else wrote: bounded in size, depth and time, and of no type but plain ones."""

from __future__ import annotations

from typing import Any

import yaml

from sml_viewer.i18n import Message

# Whatever the text, libyaml takes at most some 2 s for so much, and PyYAML without it for the less.
_HAS_LIBYAML = hasattr(yaml, "CSafeLoader")
MOST_BYTES = 500_000 if _HAS_LIBYAML else 100_000
_MOST_NODES = 250_000
# What the constructors of PyYAML raise at a value that does not fit its tag, such as `!!bool maybe`.
_UNFIT = (LookupError, AttributeError, TypeError, ArithmeticError)

Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(content: str | bytes, loader: type[yaml.SafeLoader] = Loader) -> Any:
    """The one document. Raises ValueError if it is no YAML, too large, nested too deeply, or unfit."""
    if len(content) > MOST_BYTES:
        raise ValueError(
            Message("larger than {most} KB, the most that is read as YAML", most=MOST_BYTES // 1000)
        )
    try:
        reader = loader(content)
    except yaml.YAMLError as error:
        raise ValueError(_invalid(error)) from error
    try:
        node = reader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _MOST_NODES:
            raise ValueError(Message("its aliases expand to too many values"))
        return reader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(_invalid(error)) from error
    except RecursionError:
        raise ValueError(Message("nested too deeply")) from None
    except _UNFIT as error:
        raise ValueError(
            Message("a value does not fit its tag ({error})", error=f"{type(error).__name__}: {error}")
        ) from error
    finally:
        reader.dispose()


def _invalid(error: yaml.YAMLError) -> Message:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Message("invalid YAML")
    return Message("invalid YAML in line {line}, column {column}", line=mark.line + 1, column=mark.column + 1)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are once each alias is written out; a node inside itself is too many."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1
        children = node.value if not isinstance(node, yaml.ScalarNode) else ()
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]
