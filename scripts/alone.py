"""Install each distribution from wheels into an empty environment and import it: `./dev alone`.

Usage: python scripts/alone.py [DISTRIBUTION …]. Detects imports of undeclared dependencies. smart-logger must
install exactly the family, with compatible licences; it is tested with every supported Python at hand. The
running Python installs it with pip, as users do, and everything else with uv, which is ten times as fast.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
FAMILY = ("sml-config", "sml-launch", "sml-logger", "sml-sync", "sml-viewer")
WHOLE = "smart-logger"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")

# Runs inside the environment: imports every module of every installed member.
IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil
names = sorted({item.metadata["Name"] for item in importlib.metadata.distributions()})
names = [name for name in names if name.startswith("sml-") or name == "smart-logger"]
count = 0
for package in [importlib.import_module(name.replace("-", "_")) for name in names]:
    for item in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not item.name.endswith("__main__"):
            try:
                importlib.import_module(item.name)
            except ImportError as error:  # an integration without its framework
                if type(error).__name__ != "FrameworkNotInstalledError":
                    raise
            count += 1
print(count, *names)
"""


def main() -> None:
    """Build all wheels and test the named distributions; by default all, smart-logger with every Python."""
    tries = [(name, sys.executable) for name in sys.argv[1:] or (*FAMILY, WHOLE)]
    if not sys.argv[1:]:
        tries += [(WHOLE, python) for python in other_pythons()]
    with tempfile.TemporaryDirectory(prefix="alone-") as temporary:
        wheels = Path(temporary) / "wheels"
        build = [sys.executable, str(ROOT / "scripts" / "build.py"), str(wheels)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = [
                pool.submit(works_alone, name, python, Path(temporary) / str(number), wheels)
                for number, (name, python) in enumerate(tries)
            ]
    sys.exit(not all(result.result() for result in results))


def other_pythons() -> list[str]:
    """Paths of the interpreters on this machine, one per supported version except the running one."""
    pythons = []
    for version in PYTHONS:
        python = shutil.which(f"python{version}")
        if version == "{}.{}".format(*sys.version_info) or python is None:
            continue
        where = [python, "-c", "import ensurepip, sys; print(sys.executable)"]
        # The shims of pyenv run the version that PYENV_VERSION selects.
        chosen = {**os.environ, "PYENV_VERSION": version}
        done = subprocess.run(where, check=False, env=chosen, capture_output=True, text=True)
        if done.returncode == 0:
            pythons.append(done.stdout.strip())
    return pythons


def works_alone(distribution: str, python: str, folder: Path, wheels: Path) -> bool:
    """Whether a distribution works in an environment of its own; prints the result."""
    try:
        report = try_alone(distribution, python, folder, wheels)
    except subprocess.CalledProcessError as error:
        words = " ".join(map(str, error.cmd))
        print(f"{distribution} with {python}: {words}\n{error.stdout}{error.stderr}", flush=True)
        return False
    print(f"{distribution} with {python}: {report}", flush=True)
    return True


def try_alone(distribution: str, python: str, folder: Path, wheels: Path) -> str:
    """Install it, import all modules, run each command with --help. Raises CalledProcessError."""
    programs, home = folder / "bin", folder / "home"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)} | {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))
    }

    def output(*words: str | Path, own: bool = True) -> str:
        env, cwd = (environment, home) if own else (None, None)
        return subprocess.run(words, check=True, env=env, cwd=cwd, capture_output=True, text=True).stdout

    options: list[str | Path] = ["-q", "--find-links", wheels, f"{distribution}=={VERSION}"]
    if (distribution, python) == (WHOLE, sys.executable):
        output(python, "-m", "venv", folder, own=False)
        home.mkdir()
        output(programs / "pip", "install", *options)
    else:
        # With the cache of whoever runs this: all the environments want the same.
        output("uv", "venv", "-q", "--python", python, folder, own=False)
        home.mkdir()
        output("uv", "pip", "install", "--python", programs / "python", *options, own=False)
    count, *came = output(programs / "python", "-c", IMPORT_ALL).split()
    for name in came:
        output(programs / name, "--help")
    report = f"{count} modules of {', '.join(came)} import"
    if distribution != WHOLE:
        return report
    if came != sorted([WHOLE, *FAMILY]):
        raise subprocess.CalledProcessError(1, [WHOLE], f"installs {came}", "")
    return (
        f"{report}; {output(sys.executable, ROOT / 'scripts' / 'licences.py', programs / 'python')}".strip()
    )


if __name__ == "__main__":
    main()
