"""Labels of runs in figures and tables: sub-figure title, algorithm, colour and line style."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np

from sml_viewer.config.legacy_names import in_older_order, older_names
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import NamingOptions
from sml_viewer.i18n import Message, joined
from sml_viewer.model.distinct_values import Codes
from sml_viewer.model.parameter_table import ParameterTable, kind_of
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of as text_of

from .anonymize import anonymous_name
from .bins import COUNTS, bin_texts, is_continuous
from .environments import choose_separators
from .parameter_names import (
    FOLDER,
    GUESSED,
    environment_rank,
    is_algorithm,
    is_method,
    is_resource,
    is_run_name,
    is_written,
)
from .parameter_names import is_seed as is_seed
from .parameter_roles import Roles, parameter_roles
from .value_masks import without_numbers

_LONG = 40
EVERYTHING = Message("all runs")
# Runs with parameters, among runs that are named by their folders.
OTHERS = Message("other runs")
# An entry of PLOTTING_ORDER that only takes up a colour, each time it is listed.
PLACEHOLDER = "placeholder"
# Distinguishable for colour-blind readers (Okabe and Ito, https://jfly.uni-koeln.de/color/); further
# algorithms change the line style.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
# Used after all colours and line styles; None draws no marker.
MARKERS = (None, "s", "^", "D", "v", "P", "X")
STYLE_COUNT = len(COLOURS) * len(STYLES) * len(MARKERS)
# The styles of lines and bars on the page, which have no markers.
SCREEN_STYLE_COUNT = len(COLOURS) * len(STYLES)
# This many algorithms are distinguishable without bins and limits.
READABLE = 12
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)", re.ASCII)


@dataclass(frozen=True)
class Naming:
    """The labels of the runs of one selection under one configuration.

    `separators` make the sub-figures, `keys` the algorithms; `automatic` has those of the two options that
    are unset. `implied` are parameters that differ too, but distinguish no more runs than the keys.
    `ambiguous` are single-value titles shared by several sub-figures, which show all values instead.
    `roles` are the roles of the parameters over all runs of the folder. `bins` map the texts of continuous
    parameters to bins. `anonymous` hides run names chosen by users.
    """

    separators: tuple[str, ...]
    keys: tuple[str, ...]
    automatic: frozenset[str]
    title_index: int | None
    renames: tuple[tuple[str, str, bool], ...]
    implied: tuple[str, ...] = ()
    ambiguous: frozenset[str] = frozenset()
    roles: Roles = field(default_factory=Roles)
    bins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    anonymous: bool = False
    _known: dict[Run, str] = field(default_factory=dict, compare=False, repr=False)

    def title(self, run: Run) -> str:
        """The title of the sub-figure of a run."""
        given = {name: run.parameter(name) for name in self.separators}
        if "FIGURE_SEPARATION" in self.automatic and any(value is not None for value in given.values()):
            given = {name: value for name, value in given.items() if value is not None}
        values = [_lacking([name]) if value is None else text_of(value) for name, value in given.items()]
        if self.title_index is not None and -len(values) <= self.title_index < len(values):
            short = values[self.title_index]
            return ", ".join(values) if short in self.ambiguous else short
        return values[0] if len(values) == 1 else joined(values, ", ")

    def group(self, run: Run) -> tuple[str, ...]:
        """All separator values of a run, which identify its sub-figure even if titles show only one value."""
        return tuple(text_of(run.parameter(name)) for name in self.separators)

    def algorithms(self, values: ParameterTable) -> tuple[Codes, list[str]]:
        """The algorithm of each run: codes of shape (runs,), and the names that they index."""
        codes, examples = values.combined(self.keys)
        numbers: dict[str, int] = {}
        for example in examples:
            numbers.setdefault(self.algorithm(values.runs[example]), len(numbers))
        named = np.array([numbers[self.algorithm(values.runs[example])] for example in examples], np.int64)
        return named[codes] if len(examples) else codes, list(numbers)

    def algorithm(self, run: Run) -> str:
        """The name of the run's algorithm, after renames."""
        if run not in self._known:  # called many times for each of thousands of runs
            self._known[run] = self._renamed(run)
        return self._known[run]

    def _renamed(self, run: Run) -> str:
        name = self.original(run)
        if not self.renames:
            return name
        before = self.older(run)
        for old, new, wildcard in self.renames:
            if is_renamed(name, before, old, wildcard=wildcard):
                return new
        return name

    def older(self, run: Run) -> set[str]:
        """The older tool's names of the run's algorithm, before renames."""
        return older_names(
            {key: run.parameter(key) for key in self.keys},
            {key for key in self.keys if run.has_parameter(key)},
        )

    def by_older_name(self, values: ParameterTable) -> dict[str, str]:
        """The algorithm of each name of the older tool."""
        examples = [values.runs[index] for index in values.combined(self.keys)[1]]
        return {name: self.algorithm(run) for run in examples for name in self.older(run)}

    def original(self, run: Run) -> str:
        """The name of the run's algorithm before renames, without parameters that the run lacks."""
        given = [key for key in self.keys if run.parameter(key) is not None]
        if not given:
            return _lacking(self.keys) if self.keys else EVERYTHING
        if self.keys == ("information",):
            return text_of(run.parameter("information"))
        return ", ".join(f"{key}={self._text(run, key)}" for key in given)

    def _text(self, run: Run, key: str) -> str:
        text = text_of(run.parameter(key))
        if key in self.bins:
            return self.bins[key].get(text, text)
        if self.anonymous and key in self.roles.masked and is_run_name(key):
            return self.roles.text(key, text)
        return self.roles.text(key, text) if "DATA_MERGER" in self.automatic else text

    def differs(self, values: ParameterTable) -> tuple[str, ...]:
        """The parameters that vary between runs, except those that only distinguish seeds."""
        return tuple(name for name in values.varying_or_mixed() if self.roles.may_mark(name))


def _lacking(keys: Sequence[str]) -> str:
    """The name of runs that have none of the parameters; a guess by the folder is none of theirs."""
    lacking = [Message("no {name}", name=key) for key in keys if key not in GUESSED]
    return joined(lacking, ", ") if len(lacking) > 1 else lacking[0] if lacking else OTHERS


def without_run_names(naming: Naming, values: ParameterTable) -> Naming:
    """The naming with marks for run names among the parameters; methods and environments keep their names."""
    roles = naming.roles
    named = [
        name
        for name in values.names
        if is_run_name(name) and not is_method(name) and environment_rank(name) is None
    ]
    marks = {
        name: {text: anonymous_name(name, roles.text(name, text)) for text in values[name].texts}
        for name in named
    }
    return replace(naming, roles=replace(roles, masked={**roles.masked, **marks}), anonymous=True)


def is_renamed(name: str, older: Collection[str], old: str, *, wildcard: bool) -> bool:
    """Whether a rename rule matches an algorithm by its name or by a name of the older tool."""
    names = (name, *older) if wildcard else (name,)
    return in_older_order(old) in older or any(
        takes(candidate, old, wildcard=wildcard) for candidate in names
    )


def takes(name: str, old: str, *, wildcard: bool) -> bool:
    """Whether a rename rule matches an algorithm's name."""
    return name == old or (wildcard and fnmatchcase(name, old))


def make_naming(everything: ParameterTable, configuration: Configuration) -> Naming:
    """Make the naming of a folder's runs: as configured, else chosen from the varying parameters.

    `everything` are all runs, also those that a query or a rule leaves out: filters never change names.
    """
    automatic = set()
    values = _with_rows(everything)
    options = NamingOptions.of(configuration)
    separators = options.figure_separation
    if separators is None:
        automatic.add("FIGURE_SEPARATION")
        separators = choose_separators(values)
    roles = _roles(values, tuple(separators))
    keys = options.data_merger
    implied: list[str] = []
    bins: Mapping[str, Mapping[str, str]] = {}
    if not keys:
        automatic.add("DATA_MERGER")
        whole = options.max_algorithms == 0
        keys, implied, bins = _automatic_keys(values, separators, roles, whole=whole)
    marks = options.short_name_from_config_property
    renames = tuple(
        (old, new, bool(isinstance(marks.get(old), dict) and marks[old].get("manual")))
        for old, new in options.short_name_from_config.items()
    )
    title_index = options.title_name_idx
    naming = Naming(
        tuple(separators),
        tuple(keys),
        frozenset(automatic),
        title_index,
        renames,
        tuple(implied),
        roles=roles,
        bins=bins,
    )
    if title_index is None:
        return naming
    titles = Counter(naming.title(everything.runs[example]) for example in everything.combined(separators)[1])
    return replace(naming, ambiguous=frozenset(title for title, count in titles.items() if count > 1))


def _with_rows(values: ParameterTable) -> ParameterTable:
    """The runs with rows, or all if none has any: a run that crashed before its first row is ignored."""

    def make() -> ParameterTable:
        with_rows = np.array([run.rows != 0 for run in values.runs], np.bool_)
        return values.part(with_rows) if with_rows.any() else values

    return values.get_or_compute("with rows", make)


def _roles(values: ParameterTable, separators: tuple[str, ...]) -> Roles:
    return values.get_or_compute(("roles", separators), lambda: parameter_roles(values, separators))


def _automatic_keys(
    values: ParameterTable, separators: Sequence[str], roles: Roles, *, whole: bool
) -> tuple[list[str], list[str], Mapping[str, Mapping[str, str]]]:
    """The fewest parameters that distinguish algorithms in a sub-figure, the other varying ones, and bins.

    With more than READABLE algorithms, continuous parameters are binned, unless `whole`. The algorithm's name
    is added if it only varies between sub-figures: `all runs` would suggest a single algorithm.
    """
    differing = [name for name in values.differing(separators) if roles.separates(name)]
    between = [
        name
        for name in values.varying()
        if is_algorithm(name) and name not in (*differing, *separators) and roles.separates(name)
    ]
    ranked = sorted(differing, key=lambda name: _rank(name, values))
    methods = {name for name in differing if is_method(name) and not is_run_name(name)}

    def telling(masked: Mapping[str, Mapping[str, str]]) -> list[str]:
        keys = values.distinguishing(ranked, separators, masked, methods)
        if keys and FOLDER in differing and FOLDER not in keys:
            keys.append(FOLDER)  # the only name of runs without parameters, among runs with parameters
        return keys

    keys, bins = telling(roles.masked), {}
    if not whole and values.groups(keys, roles.masked) > READABLE:
        many = [name for name in differing if name not in methods and is_continuous(values, name, separators)]
        for count in COUNTS if many else ():
            bins = {name: bin_texts(values, name, count) for name in many}
            masked = {**roles.masked, **bins}
            keys = telling(masked)
            if values.groups(keys, masked) <= READABLE:
                break
    return (
        [*between[:1], *(name for name in differing if name in keys)],
        [name for name in differing if name not in keys],
        {name: texts for name, texts in bins.items() if name in keys},
    )


def _rank(name: str, values: ParameterTable) -> tuple[bool, bool, bool, bool, int, int]:
    """Sort key: methods first, then short values present in all runs, resources and output paths last."""
    present = values.present(name)
    texts = [text_of(value) for value in present if value is not None]
    long = max(map(len, texts), default=0) > _LONG
    numbered = is_run_name(name) and len({without_numbers(text) for text in texts}) == 1
    last = is_resource(name) or is_written(name)
    method = name == FOLDER or (is_method(name) and not numbered)
    return (
        not method,
        last or numbered,
        "null" in texts or long,
        is_run_name(name),
        name.count("."),
        len(texts),
    )


def is_same(name: str, runs: Sequence[Run]) -> bool:
    """Whether a parameter has one value in all runs; fast for this common case."""
    first = runs[0].parameter(name)
    kind = type(first)
    for run in runs:
        value = run.flat[name] if name in run.flat else run.parameter(name)
        if type(value) is kind and value == first and value is not None:
            continue
        # 1 and 1.0 are equal, null and an absent parameter are not.
        if text_of(value) != text_of(first) or kind_of(run, name) != kind_of(runs[0], name):
            return False
    return True


def ordered(names: Iterable[str], preferred: Sequence[str]) -> list[str]:
    """The names: preferred ones first, in that order, the rest in natural order."""
    present = dict.fromkeys(names)
    first = [name for name in preferred if name in present]
    return first + sorted((name for name in present if name not in first), key=natural)


def palette(algorithms: Sequence[str], preferred: Sequence[str]) -> list[str]:
    """Algorithms in their order, with a dummy name for each preferred one that is absent.

    Its colour stays free, so that a filtered algorithm, or PLACEHOLDER, changes no other colour.
    """
    present = set(algorithms)
    slots = [name if name in present else f"\0{position}" for position, name in enumerate(preferred)]
    return list(dict.fromkeys([*slots, *algorithms]))


def put_first(names: Sequence[str], preferred: Sequence[str]) -> list[str]:
    """The names: preferred ones first, in that order, the rest in their order."""
    present = set(names)
    return list(dict.fromkeys([*(name for name in preferred if name in present), *names]))


def line_styles(
    algorithms: Sequence[str], drawn: Sequence[str] | None = None, colours: Mapping[str, str] | None = None
) -> dict[str, tuple[str, str]]:
    """A colour and a line style for each algorithm, by its position in the selection.

    If only a few `drawn` of very many are visible, by the position among these, so that no two look alike.
    `colours` are chosen ones, by algorithm.
    """
    few = drawn is not None and len(drawn) <= SCREEN_STYLE_COUNT and len(algorithms) > READABLE
    first = list(drawn or ()) if few else []
    seen = set(first)
    order = [*first, *(name for name in algorithms if name not in seen)]
    styles = {
        name: (COLOURS[position % len(COLOURS)], STYLES[position // len(COLOURS) % len(STYLES)])
        for position, name in enumerate(order)
    }
    chosen = {name: colour for name, colour in (colours or {}).items() if name in styles}
    return {**styles, **{name: (colour, styles[name][1]) for name, colour in chosen.items()}}


def markers(algorithms: Sequence[str], drawn: Sequence[str] | None = None) -> dict[str, str | None]:
    """The markers of algorithms, which distinguish equal colours and line styles; None for no marker."""
    if drawn is not None and len(drawn) <= SCREEN_STYLE_COUNT < len(algorithms):
        return dict.fromkeys(algorithms)
    return {
        name: MARKERS[position // SCREEN_STYLE_COUNT % len(MARKERS)]
        for position, name in enumerate(algorithms)
    }


def natural(text: str) -> tuple[tuple[str, float], ...]:
    """A key for natural sorting: lr=0.02 before lr=0.1, seed_9 before seed_10."""
    parts = _NUMBER.split(text)
    # Words and numbers alternate, starting with a word; each number is paired with the word before it.
    numbers = [*map(float, parts[1::2]), -1.0]
    return tuple(zip(parts[::2], numbers, strict=True))


def renamed(run: Run, parameters: Mapping[str, str], columns: Mapping[str, str]) -> Run:
    """The run with renamed parameters and columns, unless it already has the new name."""
    flat = {old: new for old, new in parameters.items() if old in run.flat and new not in run.flat}
    aliases = {new: old for old, new in columns.items() if old in run.summary and new not in run.summary}
    if not flat and not aliases:
        return run
    new_names = {old: new for new, old in aliases.items()}
    return replace(
        run,
        flat={flat.get(name, name): value for name, value in run.flat.items()},
        summary={new_names.get(name, name): column for name, column in run.summary.items()},
        aliases=aliases,
    )
