"""YAML that somebody else wrote: bounded in size, depth and time, and of no type but plain ones."""

from __future__ import annotations

from typing import Any

import yaml

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
        raise ValueError(f"larger than {MOST_BYTES // 1000} KB, the most that is read as YAML")
    try:
        reader = loader(content)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    try:
        node = reader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _MOST_NODES:
            raise ValueError("its aliases expand to too many values")
        return reader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except _UNFIT as error:
        raise ValueError(f"a value does not fit its tag ({type(error).__name__}: {error})") from error
    finally:
        reader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are once each alias is written out; a node inside itself is too many."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1
        children = node.value if not isinstance(node, yaml.ScalarNode) else ()
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]
