"""What the viewer chooses with nothing set, compared with what is true."""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sml_viewer

from .truth import GUESS, HIDDEN, Truth, Unit

RIGHT, MARKED, SILENT = "right", "wrong but marked", "silently wrong"
ASPECTS = ("grouping", "environment", "x", "y", "direction", "numbers")
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Shown:
    """One cell of the table: its sub-figure, its group, the folders of its runs, its mean and its text."""

    title: str
    algorithm: str
    folders: tuple[str, ...]
    mean: float
    best: bool
    text: str
    paths: frozenset[str] = frozenset()

    @property
    def marked(self) -> bool:
        """Whether the cell itself says that its runs may not be seeds."""
        return "†" in self.text or "‡" in self.text


@dataclass(frozen=True)
class Chosen:
    """What the viewer chose; `said` is the caption with its notes. `error` is why there is nothing."""

    x: str = ""
    y: str = ""
    cells: tuple[Shown, ...] = ()
    said: str = ""
    error: str = ""


@dataclass
class Verdict:
    """How each aspect is: right, wrong but marked, silently wrong; `faults` are (aspect, kind, detail)."""

    aspects: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ASPECTS, RIGHT))
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        """The worst of the aspects."""
        found = set(self.aspects.values())
        return SILENT if SILENT in found else MARKED if MARKED in found else RIGHT

    def wrong(self, aspect: str, kind: str, detail: str, *, marked: bool) -> None:
        """One fault."""
        self.faults.append((aspect, f"{kind}{', marked' if marked else ''}", detail))
        if not marked:
            self.aspects[aspect] = SILENT
        elif self.aspects[aspect] == RIGHT:
            self.aspects[aspect] = MARKED


def choose(root: Path, workspace: Path) -> Chosen:
    """The table of a folder with nothing set."""
    try:
        table = sml_viewer.table(root, workspace=workspace)[0]
    except sml_viewer.SmlViewerError as error:
        return Chosen(error=str(error))
    base = os.path.realpath(root)
    cells = tuple(
        Shown(
            title,
            algorithm,
            tuple(os.path.relpath(os.path.realpath(run.path), base) for run in cell.runs),
            cell.mean,
            cell.best,
            cell.text,
            frozenset(str(run.path) for run in cell.runs),
        )
        for title, algorithm, cell in table.cells()
    )
    return Chosen(*table.pair, cells, "\n".join([table.caption, *map(str, table.notes)]))


# Columns of a figure, and its curves as (sub-figure, folders).
Drawn = tuple[tuple[str, str], frozenset[tuple[str, frozenset[str]]]]


def drawn(root: Path, workspace: Path) -> Drawn | None:
    """The figure of a folder with nothing set; None where there is none."""
    try:
        curves = sml_viewer.plot(root, workspace=workspace)
    except sml_viewer.SmlViewerError:
        return None
    panels = [panel for panel in curves.panels if panel.pair == curves.pairs[0]]
    return curves.pairs[0], frozenset(
        (panel.title, frozenset(str(run.path) for run in curve.runs))
        for panel in panels
        for curve in panel.curves
    )


def judge(truth: Truth, chosen: Chosen, figure: Drawn | None = None) -> Verdict:
    """Every aspect of what was chosen; a figure may show fewer groups than the table, and no others."""
    verdict = Verdict()
    if chosen.error:
        for aspect in ASPECTS:
            verdict.wrong(aspect, "nothing is shown", chosen.error[:200], marked=True)
        return verdict
    unit_of = {folder: unit for unit in truth.units for folder in unit.folders}
    held = [(cell, [_unit(unit_of, folder) for folder in cell.folders]) for cell in chosen.cells]
    _columns(truth, chosen, verdict)
    _pooled(held, chosen, verdict)
    _split(held, chosen, verdict)
    _counted(truth, held, chosen, verdict)
    _environments(truth, held, chosen, verdict)
    _numbers(truth, held, chosen, verdict)
    _unsaid(truth, chosen, verdict)
    if figure is not None:
        _figure(figure, chosen, verdict)
    return verdict


def _figure(figure: Drawn, chosen: Chosen, verdict: Verdict) -> None:
    pair, curves = figure
    if pair != (chosen.x, chosen.y):
        verdict.wrong(
            "y", "the figure has other columns", f"{pair}, not {(chosen.x, chosen.y)}", marked=False
        )
    if not curves <= {(cell.title, cell.paths) for cell in chosen.cells}:
        verdict.wrong("grouping", "the figure has other groups", f"{len(curves)} curves", marked=False)


_Held = Sequence[tuple[Shown, list[Unit]]]


def _unit(units: dict[str, Unit], folder: str) -> Unit:
    """The unit of a run's folder; a run may be called by a file or a part of it."""
    parts = folder.split("/")
    names = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((units[name] for name in names if name in units), Unit((folder,), None, None, {}))


# What says that names were taken from folders.
_GUESSED = ("guess", "named by their folder", "names of their folder")


def _says(chosen: Chosen, *words: str) -> bool:
    said = chosen.said.casefold()
    return any(word in said for word in words)


def _columns(truth: Truth, chosen: Chosen, verdict: Verdict) -> None:
    for aspect, column, right in (("x", chosen.x, truth.x), ("y", chosen.y, truth.y)):
        if column not in right:
            told = any(f"{name}" in chosen.said for name in right) and _says(
                chosen, "guess", "also", "other", "instead"
            )
            verdict.wrong(aspect, "another column", f"{column!r}, not {sorted(right)}", marked=told)


def _pooled(held: _Held, chosen: Chosen, verdict: Verdict) -> None:
    """Runs in one cell that differ in their group, or of which nobody knows it, unless it is marked."""
    for cell, units in held:
        groups = {unit.group for unit in units}
        strangers = sum(unit.group is None for unit in set_of(units))
        unknown = None in groups
        if (len(groups) > 1 or strangers > 1) and not (unknown and len(groups) < 3 and cell.marked):
            kind = "pools runs of unknown method" if unknown else "pools methods"
            where = f"{cell.title} / {cell.algorithm}: {cell.text}: {sorted(map(str, groups))[:4]}"
            verdict.wrong("grouping", kind, where, marked=cell.marked or _says(chosen, *_GUESSED))


def _split(held: _Held, chosen: Chosen, verdict: Verdict) -> None:
    """Seeds of one group and environment in several cells, and names that fit one environment only."""
    where: dict[tuple[str, str | None], list[Shown]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    named: dict[str, set[str]] = defaultdict(set)
    for cell, units in held:
        for unit in set_of(units):
            if unit.group is not None:
                where[unit.group, unit.environment].append(cell)
                names[unit.group].add(cell.algorithm)
                named[cell.algorithm].add(unit.group)
    split = {pair: cells for pair, cells in where.items() if len(set(map(id, cells))) > 1}
    if split:
        pair, cells = next(iter(split.items()))
        detail = f"{len(split)} group(s), {pair[0]} as {[cell.algorithm[:60] for cell in cells][:3]}"
        verdict.wrong("grouping", "seeds apart", detail, marked=_says(chosen, *_GUESSED, "kept apart", "‡"))
    elif any(len(found) > 1 for found in names.values()) and len({env for _, env in where}) > 1:
        group, found = max(names.items(), key=lambda item: len(item[1]))
        detail = f"{group} is called {sorted(found)[:3]}"
        verdict.wrong("grouping", "a name per environment", detail, marked=_says(chosen, *_GUESSED))
    elif any(len(found) > 1 for found in named.values()) and not _is_pooled(held):
        name, groups = max(named.items(), key=lambda item: len(item[1]))
        detail = f"{name} is {sorted(groups)[:3]} in different sub-figures"
        verdict.wrong("grouping", "one name for several groups", detail, marked=_says(chosen, *_GUESSED))


def _is_pooled(held: _Held) -> bool:
    return any(len({unit.group for unit in units}) > 1 for _, units in held)


def _counted(truth: Truth, held: _Held, chosen: Chosen, verdict: Verdict) -> None:
    """Runs that count twice or not at all."""
    times = Counter(id(unit) for _, units in held for unit in units)
    twice = [unit for unit in truth.units if times[id(unit)] > 1]
    if twice:
        cells = [cell for cell, units in held if any(unit in twice for unit in units)]
        marked = any("‡" in cell.text for cell in cells) or _says(
            chosen, "copies", "copy", "continue", "segment"
        )
        verdict.wrong("grouping", "one run counts twice", str(twice[0].folders), marked=marked)
    lost = [unit for unit in truth.units if not times[id(unit)] and unit.scores]
    if lost and not _says(chosen, "best of"):  # the ten best of many groups are shown, and how many more
        marked = _says(chosen, "left out", "count as one", "more than", "no row with")
        verdict.wrong("grouping", "runs are not counted", f"{len(lost)}, {lost[0].folders[0]}", marked=marked)


def _environments(truth: Truth, held: _Held, chosen: Chosen, verdict: Verdict) -> None:
    if truth.environments == HIDDEN:
        return
    titles: dict[str, set[str]] = defaultdict(set)
    of_title: dict[str, set[str]] = defaultdict(set)
    mixing: list[Shown] = []
    for cell, units in held:
        found = {unit.environment for unit in units if unit.environment is not None}
        for environment in found:
            titles[environment].add(cell.title)
            of_title[cell.title].add(environment)
        if len(found) > 1:
            mixing.append(cell)
    if mixing:
        detail = f"{mixing[0].title} / {mixing[0].algorithm}: {mixing[0].text}"
        marked = all(cell.marked for cell in mixing) or _says(chosen, *_GUESSED)
        verdict.wrong("environment", "a mean over environments", detail, marked=marked)
    elif any(len(found) > 1 for found in of_title.values()):
        detail = str({title: sorted(found)[:3] for title, found in of_title.items() if len(found) > 1})
        verdict.wrong(
            "environment", "compared across environments", detail[:200], marked=_says(chosen, *_GUESSED)
        )
    elif any(len(found) > 1 for found in titles.values()):
        detail = str({name: sorted(found)[:3] for name, found in titles.items() if len(found) > 1})
        verdict.wrong(
            "environment",
            "one environment in several sub-figures",
            detail[:200],
            marked=_says(chosen, *_GUESSED),
        )


def _numbers(truth: Truth, held: _Held, chosen: Chosen, verdict: Verdict) -> None:
    for cell, units in held:
        expected = [unit.scores.get(chosen.y) for unit in units]
        if any(value is None for value in expected) or len(set_of(units)) < len(units):
            continue
        mean = sum(value for value in expected if value is not None) / len(expected)
        if not math.isclose(mean, cell.mean, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
            verdict.wrong(
                "numbers",
                "another mean",
                f"{cell.title} / {cell.algorithm}: {cell.mean!r}, not {mean!r}",
                marked=False,
            )
            break
    if chosen.y not in truth.y:
        return
    for title in dict.fromkeys(cell.title for cell in chosen.cells):
        row = [cell for cell in chosen.cells if cell.title == title and math.isfinite(cell.mean)]
        best = [cell for cell in row if cell.best]
        if best and len(row) > 1:
            wanted = (min if chosen.y in truth.smallest else max)(cell.mean for cell in row)
            if all(cell.mean != wanted for cell in best):
                verdict.wrong("direction", "the worst is best", f"{title}: {best[0].text}", marked=False)
                break


def _unsaid(truth: Truth, chosen: Chosen, verdict: Verdict) -> None:
    """Doubts that should be told beside what is right."""
    text = chosen.said + "".join(cell.text for cell in chosen.cells)
    if GUESS in (truth.groups, truth.environments) and not _says(chosen, *_GUESSED) and "†" not in text:
        verdict.unsaid.append("names are guessed")
    repeats = "seeds not in the parameters" in truth.kinds and any(
        len(cell.folders) > 1 for cell in chosen.cells
    )
    if repeats and "‡" not in text and not _says(chosen, "not recorded", *_GUESSED):
        verdict.unsaid.append("seeds are not recorded")


def set_of(units: Iterable[Unit]) -> list[Unit]:
    """Each once, by identity."""
    return list({id(unit): unit for unit in units}.values())
