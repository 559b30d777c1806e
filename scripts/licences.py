"""Whether everything that comes with our distributions may be used, changed and passed on.

Usage: python scripts/licences.py PYTHON, the interpreter of the environment to look at. Needs pip-licenses.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

# Mozilla's covers its own files; the Lesser GPL asks that a library stay replaceable, and Python's are.
ALLOWED = re.compile(
    r"\b(0BSD|Apache|BSD|CC0|CNRI|HPND|ISC|LGPL|Lesser General Public|MIT|MPL|Mozilla|PSF|"
    r"Python Software|Zlib|ZPL)"
)


def main() -> None:
    """Name every distribution whose licence is not known to allow it; exit status 1 if there is one."""
    command = [sys.executable, "-m", "piplicenses", "--python", sys.argv[1], "--from=mixed", "--format=json"]
    listed = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    refused = [item for item in listed if not may_come_along(item["License"])]
    for item in refused:
        print(f"{item['Name']} {item['Version']}: the licence {item['License']!r} is not allowed")
    print(f"licences of {len(listed)} distributions looked at")
    sys.exit(bool(refused))


def may_come_along(licence: str) -> bool:
    """Whether every part of an SPDX expression, or of a list of names, is allowed; of an OR one is enough.

    >>> may_come_along("MPL-2.0 AND (Apache-2.0 OR MIT)"), may_come_along("MIT AND GPL-3.0")
    (True, False)
    """
    parts = re.split(r"\s+AND\s+(?![^(]*\))|;", licence)
    return all(any(map(ALLOWED.search, re.split(r"\s+OR\s+", part))) for part in parts)


if __name__ == "__main__":
    main()
