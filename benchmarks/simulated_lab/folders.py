"""One generated folder: a manner, a study, and what happens to folders in a lab."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from . import fields, manners, more_manners, projects, styles
from .book import Book, Claim, Written
from .study import Field, plan
from .truth import HIDDEN, RECORDED, Truth, Unit


@dataclass(frozen=True)
class Manner:
    """How one code base writes, and the field its users choose from."""

    write: Callable[[Book], Claim]
    field: Field


MANNERS: dict[str, Manner] = {
    "Spinning Up, off-policy": Manner(
        lambda book: manners.spinning_up(book, on_policy=False), fields.SPINNING_UP_OFF
    ),
    "Spinning Up, on-policy": Manner(
        lambda book: manners.spinning_up(book, on_policy=True), fields.SPINNING_UP_ON
    ),
    "rllab": Manner(manners.rllab, fields.RLLAB),
    "garage": Manner(manners.garage, fields.GARAGE),
    "rlkit": Manner(manners.rlkit, fields.RLKIT),
    "RLlib": Manner(manners.ray, fields.RAY),
    "Ray Tune": Manner(more_manners.tune, fields.VISION),
    "rl-zoo": Manner(manners.zoo, fields.ZOO),
    "stable-baselines3": Manner(manners.sb3, fields.ZOO),
    "baselines": Manner(manners.baselines, fields.BASELINES),
    "d3rlpy": Manner(more_manners.d3rlpy, fields.D3RLPY),
    "Hydra": Manner(more_manners.hydra, fields.HYDRA),
    "OfflineRL-Kit": Manner(more_manners.offline_kit, fields.OFFLINE_KIT),
    "sml-logger": Manner(more_manners.ours, fields.OURS),
    "PyMARL": Manner(more_manners.pymarl, fields.PYMARL),
    "CleanRL": Manner(more_manners.cleanrl, fields.CLEANRL),
    "vision": Manner(lambda book: more_manners.supervised(book, language=False), fields.VISION),
    "others, reinforcement": Manner(lambda book: projects.plain(book, styles.OTHERS), fields.OURS),
    "own project": Manner(projects.own_project, fields.OURS),
    "others, supervised": Manner(lambda book: projects.plain(book, styles.OTHERS_SUPERVISED), fields.VISION),
    "language": Manner(lambda book: more_manners.supervised(book, language=True), fields.LANGUAGE),
}
_CHANCES = {
    "copy": 0.12,
    "earlier copy": 0.08,
    "resumed elsewhere": 0.08,
    "stray": 0.15,
    "empty": 0.12,
    "torn line": 0.12,
}


def write_folder(root: Path, number: int, seed: int = 0, *, most_runs: int = 36) -> Truth:
    """Write the folder `number` of a lab below `root` and tell what is true of it."""
    random = Random(f"{seed} {number}")
    name = list(MANNERS)[number % len(MANNERS)]
    manner = MANNERS[name]
    study = plan(random, manner.field, most_runs)
    book = Book(root, study, random.randint(12, 40), random.random() < 0.25, random.randrange(10**6))
    claim = manner.write(book)
    units = {id(run): _unit(run, claim) for run in book.runs}
    for kind, chance in _CHANCES.items():
        if random.random() < chance:
            _befall(kind, book, units)
    extras = [kind for kind in study.kinds if not kind.startswith("notes") or claim.groups == RECORDED]
    kinds = (*extras, *claim.kinds, *book.kinds)
    return Truth(
        name,
        tuple(units.values()),
        claim.x,
        claim.y,
        claim.smallest,
        claim.environments,
        claim.groups,
        tuple(dict.fromkeys(kinds)),
    )


def _unit(run: Written, claim: Claim) -> Unit:
    group = None if claim.groups == HIDDEN else run.job.group
    environment = None if claim.environments == HIDDEN else run.job.environment
    if (claim.environments == HIDDEN or claim.apart) and group is not None:
        # Told within the name of the experiment: another name, another group.
        group = f"{group} {run.job.environment}"
    return Unit((run.folder,), group, environment, run.scores)


def _befall(kind: str, book: Book, units: dict[int, Unit]) -> None:
    random, root = book.random, book.root
    run = random.choice(book.runs)
    unit = units[id(run)]
    if kind in ("copy", "earlier copy"):
        suffix = random.choice(["_copy", " (1)", "_old", ".bak"])
        inner = run.folder[len(run.top) :]
        shutil.copytree(root / run.top, root / f"{run.top}{suffix}")
        copied = f"{run.top}{suffix}{inner}"
        if kind == "earlier copy":
            _cut(root / copied, run.tables, keep_first=0.6)
            units[id(run)] = Unit((copied, *unit.folders), unit.group, unit.environment, unit.scores)
        else:
            units[id(run)] = Unit((*unit.folders, copied), unit.group, unit.environment, unit.scores)
    elif kind == "resumed elsewhere":
        if len(unit.folders) > 1 or any("monitor" in table for table in run.tables):
            return
        inner = run.folder[len(run.top) :]
        again = f"{run.top}_resumed"
        shutil.copytree(root / run.top, root / again)
        _cut(root / run.folder, run.tables, keep_first=0.5)
        _cut(root / f"{again}{inner}", run.tables, drop_first=0.5)
        units[id(run)] = Unit((*unit.folders, f"{again}{inner}"), unit.group, unit.environment, unit.scores)
    elif kind == "stray":
        if not run.parameters or "environment.csv" in run.tables:
            return
        name = random.choice(["test", "debug", "tmp/try", "old_run"])
        for table in run.tables:
            target = root / name / table
            target.parent.mkdir(parents=True, exist_ok=True)
            text = (root / run.folder / table).read_text(encoding="utf-8")
            target.write_text(_disturbed(text, random), encoding="utf-8")
        units[-1] = Unit((name,), None, None, {})
    elif kind == "empty":
        if "environment.csv" in run.tables:
            return
        other = f"{run.top}_empty"
        shutil.copytree(root / run.top, root / other)
        inner = run.folder[len(run.top) :]
        for table in run.tables:
            path = root / f"{other}{inner}" / table
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            head = lines[:2] if "monitor" in table else [] if table.endswith(".json") else lines[:1]
            path.write_text("".join(head), encoding="utf-8")
    elif kind == "torn line":
        for table in run.tables:
            if not table.endswith(".json") and "environment.csv" not in run.tables:
                with (root / run.folder / table).open("a", encoding="utf-8") as file:
                    file.write("1")
    book.say(kind)


def _cut(folder: Path, tables: tuple[str, ...], *, keep_first: float = 0.0, drop_first: float = 0.0) -> None:
    """Keep or drop the first part of the rows of each table; of monitors what had ended by then."""
    texts = {
        table: (folder / table).read_text(encoding="utf-8").splitlines(keepends=True) for table in tables
    }
    ended = sorted(
        float(line.rsplit(",", 1)[1])
        for table, lines in texts.items()
        if "monitor" in table
        for line in lines[2:]
        if line.count(",") == 2
    )
    part = keep_first or drop_first
    for table, lines in texts.items():
        bare = table.endswith(".json") or "environment.csv" in tables
        head = [] if bare else lines[:2] if "monitor" in table else lines[:1]
        rows = lines[len(head) :]
        at = int(len(rows) * part)
        if "monitor" in table:
            at = sum(
                float(row.rsplit(",", 1)[1]) < ended[int(len(ended) * part)]
                for row in rows
                if row.count(",") == 2
            )
        kept = rows[:at] if keep_first else rows[at:]
        (folder / table).write_text("".join([*head, *kept]), encoding="utf-8")


def _disturbed(text: str, random: Random) -> str:
    """Another run of the same columns: the digits behind the points are others."""
    return re.sub(r"(?<=\.)\d+", lambda digits: "".join(random.choice("123456789") for _ in digits[0]), text)
