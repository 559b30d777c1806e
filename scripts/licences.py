"""Check that the licences of all dependencies are compatible.

Usage: python scripts/licences.py PYTHON, the interpreter of the environment to look at. Needs pip-licenses,
and packaging, which hatchling brings.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

# The MPL covers its own files; the LGPL requires that a library is replaceable, as in Python.
ALLOWED = re.compile(
    r"\b(0BSD|Apache|BSD|CC0|CNRI|HPND|ISC|LGPL|Lesser General Public|MIT|MPL|Mozilla|PSF|"
    r"Python Software|Zlib|ZPL)"
)
# In free text, where "MIT/GPL" may mean both: GPL variants except the LGPL.
REFUSED = re.compile(r"(?<!L)GPL|(?<!Lesser )General Public", re.IGNORECASE)
_OPERATORS = {"AND": "and", "OR": "or", "(": "(", ")": ")"}


def main() -> None:
    """Print every distribution whose licence is not known to be compatible; exit status 1 if any."""
    command = [sys.executable, "-m", "piplicenses", "--python", sys.argv[1], "--from=mixed", "--format=json"]
    listed = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    refused = [item for item in listed if not may_come_along(item["License"])]
    for item in refused:
        print(f"{item['Name']} {item['Version']}: the licence {item['License']!r} is not allowed")
    print(f"licences of {len(listed)} distributions checked")
    sys.exit(bool(refused))


def may_come_along(licence: str) -> bool:
    """Whether an SPDX expression is satisfied by allowed licences, or every name in a list is allowed.

    >>> may_come_along("MPL-2.0 AND (GPL-3.0-only OR MIT)"), may_come_along("(MIT AND GPL-3.0)")
    (True, False)
    """
    try:
        expression = canonicalize_license_expression(licence)
    except InvalidLicenseExpression:
        return not REFUSED.search(licence) and all(map(ALLOWED.search, licence.split(";")))
    words = re.findall(r"[()]|[^\s()]+", re.sub(r" WITH [^\s()]+", "", expression))
    judged = [_OPERATORS.get(word) or str(bool(ALLOWED.match(word))) for word in words]
    return _holds(ast.parse(" ".join(judged), mode="eval").body)


def _holds(node: ast.expr) -> bool:
    """Evaluate a boolean expression of True, False, `and`, `or` and brackets."""
    if isinstance(node, ast.BoolOp):
        enough = any if isinstance(node.op, ast.Or) else all
        return enough(map(_holds, node.values))
    return isinstance(node, ast.Constant) and node.value is True


if __name__ == "__main__":
    main()
