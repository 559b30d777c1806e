"""What each parameter is in a folder of runs: one rule for names, marks, pooling, tables and captions.

A parameter separates algorithms unless it is a seed (by name, or as one), says where or when a run was
written, or is a secret. Where that cannot be known it separates: what may be methods is never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sml_config.redaction import is_secret_name
from sml_viewer.model.parameter_table import Codes, Values, refined

from . import parameter_names as names
from . import value_masks as masks
from .folder_names import METHODS, words_of

SEED, TWIN, PLACE, SECRET, ENVIRONMENT = "seed", "twin", "place", "secret", "environment"
ALGORITHM = "algorithm"


@dataclass(frozen=True)
class Roles:
    """The role of each parameter that varies; any other is an algorithm's.

    `masked` has, for parameters whose text says in part which run it is (`exp_name=ppo_s1`), what of each
    text counts. `seeds` are the parameters that tell repetitions apart.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    masked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seeds: tuple[str, ...] = ()

    def separates(self, name: str) -> bool:
        """Whether runs that differ in a parameter are not seeds of one algorithm."""
        return self.of.get(name, ALGORITHM) == ALGORITHM

    def marks(self, name: str) -> bool:
        """Whether a group whose runs differ in a parameter pools more than seeds; of a secret only that."""
        return self.of.get(name, ALGORITHM) in (ALGORITHM, SECRET)

    def may_mark(self, name: str) -> bool:
        """Whether a group may be marked for a parameter: also for a place, where its words differ."""
        return self.marks(name) or self.of.get(name) == PLACE

    def text(self, name: str, text: str) -> str:
        """What counts of a parameter's text."""
        return self.masked.get(name, {}).get(text, text)


def parameter_roles(values: Values, within: Sequence[str] = ()) -> Roles:
    """The roles of the parameters of all runs of a folder; `within` are those that make the sub-figures.

    Judged over all runs: a query that leaves some of them changes nothing.
    """
    return _Analysis(values, within).roles()


class _Analysis:
    def __init__(self, values: Values, within: Sequence[str]) -> None:
        self._values = values
        self._within = within
        varying = [name for name in values.varying() if name not in within]
        self._seeds = [name for name in varying if names.is_seed(name)]
        all_seeds = [name for name in values.names if names.is_seed(name)]
        self._seed_codes, _ = values.combined(all_seeds)
        self._recorded = np.zeros(len(values.runs), np.bool_)
        for name in all_seeds:
            self._recorded |= self._given(name)
        known: dict[object, int] = {}
        identities = (run.identity or run.key for run in values.runs)
        self._identities = np.array([known.setdefault(one, len(known)) for one in identities], np.int64)
        self._others = [name for name in varying if name not in self._seeds]
        self._of: dict[str, str] = dict.fromkeys(self._seeds, SEED)
        self._codes: dict[str, Codes] = {}
        self._masked: dict[str, dict[str, str]] = {}

    def roles(self) -> Roles:
        doubtful: list[tuple[str, str]] = []
        for name in self._others:
            role, doubt = self._judged(name)
            if role is not None:
                self._of[name] = role
            elif doubt is not None:
                doubtful.append((name, doubt))
        if doubtful:
            self._settle(doubtful)
        self._drop_what_a_mask_makes_equal()
        seeds = [name for name, role in self._of.items() if role in (SEED, TWIN)]
        masked = {name: texts for name, texts in self._masked.items() if self._of.get(name) is None}
        return Roles(self._of, masked, tuple(seeds))

    def _judged(self, name: str) -> tuple[str | None, str | None]:
        """What a parameter is for sure, or what it may be, or nothing of both: then it separates."""
        if name in names.GUESSED:
            return None, None
        if names.environment_rank(name) and not self._values.divides(name, self._within):
            return ENVIRONMENT, None
        if is_secret_name(name.rpartition(".")[2]):
            return SECRET, None
        if names.is_object(name):
            return PLACE, None
        if names.is_repeat(name) and not self._recorded.any() and self._is_whole(name):
            return TWIN, None
        texts = self._present_texts(name)
        if texts and all(map(masks.is_pickle, texts)):
            return PLACE, None
        if any(" at 0x" in text for text in texts):
            self._mask(name, list(map(masks.without_addresses, self._values[name].texts)))
        unique = self._is_unique(name)
        if names.is_moment(name) and all(map(masks.is_moment_text, self._present(name))):
            return (PLACE, None) if unique else (None, PLACE)
        if names.is_identity(name) and self._looks_like_identity(name):
            return (PLACE, None) if unique else (None, PLACE)
        if names.is_machine(name) and self._looks_like_machine(name):
            return None, PLACE
        if names.is_written(name) and self._is_text(name):
            self._mask(name, list(map(masks.without_numbers, self._values[name].texts)))
            return None, PLACE
        if self._is_in_step_with_the_seed(name):
            return TWIN, None
        if self._is_text(name):
            self._mask_seed(name, unique=unique)
        if not names.is_method(name) and names.is_counter(name) and self._is_whole(name):
            return None, TWIN
        if names.is_run_name(name) and unique and (self._is_counter_text(name) or not names.is_method(name)):
            return None, TWIN
        return None, None

    def _settle(self, doubtful: list[tuple[str, str]]) -> None:
        """Drop what is doubtful as soon as the rest leaves groups of different seeds.

        What divides runs least is tried first: it may name a method, what is unique to each run hardly does.
        """
        order = [name for name, _ in doubtful]
        order.sort(key=lambda name: (self._is_unique(name), len(np.unique(self._codes_of(name)))))
        roles = dict(doubtful)
        groups, _ = self._values.combined(self._within)
        definite = [n for n in self._others if n not in roles and n not in self._of]
        for name in definite:
            groups = refined(groups, self._codes_of(name))
        for name in order:
            finer = refined(groups, self._codes_of(name))
            if finer.max(initial=-1) == groups.max(initial=-1):
                # It divides nothing, and may name what others tell too.
                if self._is_unique(name) or names.is_machine(name):
                    self._of[name] = roles[name]
            elif (
                self._groups_are_seeds(groups)
                and not self._may_name_methods(name, groups)
                and (not self._is_free_name(name) or self._is_design(groups))
            ):
                self._of[name] = roles[name]
            else:
                groups = finer

    def _groups_are_seeds(self, groups: Codes) -> bool:
        """Whether most groups of several runs have a seed for each of them; runs without any do not count."""
        if not self._recorded.any():
            return False
        columns = np.stack([groups, self._identities, self._seed_codes])[:, self._recorded]
        groups, _, seeds = np.unique(columns, axis=1)  # copies of one run are one
        sizes = np.bincount(groups)
        pairs = np.unique(np.stack([groups, seeds]), axis=1)[0]
        distinct = np.bincount(pairs, minlength=len(sizes))
        several = sizes > 1
        if not several.any():
            return True
        return bool(2 * np.count_nonzero(several & (distinct == sizes)) > np.count_nonzero(several))

    def _is_design(self, groups: Codes) -> bool:
        """Whether several groups have the same seeds: then these were repeated on purpose."""
        seeds: dict[int, set[int]] = {}
        for group, seed in zip(
            groups[self._recorded].tolist(), self._seed_codes[self._recorded].tolist(), strict=True
        ):
            seeds.setdefault(group, set()).add(seed)
        several = [frozenset(found) for found in seeds.values() if len(found) > 1]
        return len(several) > len(set(several))

    def _is_free_name(self, name: str) -> bool:
        """Whether a run's name may say anything, a method as well."""
        return names.is_run_name(name) and self._is_text(name) and not self._is_counter_text(name)

    def _may_name_methods(self, name: str, groups: Codes) -> bool:
        """Whether a place's words differ within a group, and one of them is a method's."""
        words: dict[int, set[frozenset[str]]] = {}
        column = self._values[name]
        for group, code in np.unique(np.stack([groups, column.codes]), axis=1).T.tolist():
            words.setdefault(group, set()).add(frozenset(words_of(column.texts[code]) & METHODS))
        return any(len(found) > 1 for found in words.values())

    def _drop_what_a_mask_makes_equal(self) -> None:
        for name in self._masked:
            if name not in self._of:
                given = self._given(name)
                if len(np.unique(self._codes_of(name)[given])) < 2 and len(np.unique(given)) < 2:
                    self._of[name] = PLACE if names.is_written(name) else TWIN

    def _mask(self, name: str, texts: list[str]) -> None:
        """Let what counts of a parameter's texts be these, in the order of its values."""
        column = self._values[name]
        present = np.flatnonzero(column.counts).tolist()
        if len({texts[code] for code in present}) == len(present) and texts == column.texts:
            return
        places: dict[str, int] = {}
        numbers = np.array([places.setdefault(text, len(places)) for text in texts], np.int64)
        self._codes[name] = numbers[column.codes]
        self._masked[name] = dict(zip(column.texts, texts, strict=True))

    def _mask_seed(self, name: str, *, unique: bool) -> None:
        """Take the run's seed out of a text that holds it: `exp_name=ppo_s1` is `ppo_s*`.

        And the moment, out of texts that are `unique` to each run.
        """
        column = self._values[name]
        texts = self._current_texts(name)
        given = self._given(name) & self._recorded
        run_name = names.is_run_name(name) or names.is_counter(name)
        if self._seeds and given.any():
            seen: dict[int, int] = {}
            for place in np.flatnonzero(given).tolist():
                seen.setdefault(int(column.codes[place]), place)
            codes = list(seen)
            seeds = [self._seed_texts(seen[code]) for code in codes]
            named = names.is_method(name) and not run_name
            found = masks.without_seed([texts[code] for code in codes], seeds, named=named, moments=unique)
            if found is not None and len(set(found)) < len(found):
                for code, text in zip(codes, found, strict=True):
                    texts[code] = text
        elif not self._recorded.any() and run_name:
            texts = list(map(masks.without_named_seed, texts))
        if unique:
            texts = list(map(masks.without_moments, texts))
        present = np.flatnonzero(column.counts).tolist()
        if len({texts[code] for code in present}) < len(present):
            self._mask(name, texts)

    def _is_in_step_with_the_seed(self, name: str) -> bool:
        """Whether numbers are the seed plus a constant, and several runs have each or a name says so."""
        if names.is_method(name) or not self._is_whole(name) or len(self._seeds) != 1:
            return False
        seeds = self._values[self._seeds[0]]
        pairs = np.unique(np.stack([seeds.codes, self._values[name].codes]), axis=1).T.tolist()
        kept = [(seeds.values[s], self._values[name].values[c]) for s, c in pairs]
        if len(kept) < 2 or any(not _is_int(s) or not _is_int(c) for s, c in kept):
            return False
        in_step = len({c - s for s, c in kept}) == 1
        repeated = int(seeds.counts[seeds.counts > 0].min()) > 1
        return in_step and (repeated or names.is_counter(name))

    def _is_counter_text(self, name: str) -> bool:
        """Whether texts differ in their numbers alone."""
        texts = self._present_texts(name)
        return len(set(map(masks.without_numbers, texts))) == 1 < len(texts)

    def _looks_like_identity(self, name: str) -> bool:
        # A number with a fraction or none is the text of a hash that was read as one: 3e93, 12e4567.
        return all(
            (isinstance(v, (int, float)) and not isinstance(v, bool))
            or (isinstance(v, str) and " " not in v and "/" not in v)
            for v in self._present(name)
        )

    def _looks_like_machine(self, name: str) -> bool:
        last = name.rpartition(".")[2].lower()
        present = self._present(name)
        if last == "ip":
            return all(isinstance(v, str) and (v.count(".") == 3 or ":" in v) for v in present)
        if last == "port":
            return all(str(v).isdigit() and int(str(v)) > 1000 for v in present)
        if last.endswith(("node", "server", "machine")):  # of a graph, of a federation
            return self._is_text(name) and _are_hosts(self._present_texts(name))
        if last in ("gpu", "device", "cuda"):
            return _are_indexes(present)
        return all(_is_int(v) or isinstance(v, (str, list)) for v in present)

    def _is_unique(self, name: str) -> bool:
        """Whether no two runs that have a parameter agree in it, but for copies of one run."""
        given = self._given(name)
        pairs = np.unique(np.stack([self._values[name].codes[given], self._identities[given]]), axis=1)
        return 1 < len(pairs[0]) == len(self._present(name))

    def _is_text(self, name: str) -> bool:
        present = self._present(name)
        return bool(present) and all(isinstance(value, str) for value in present)

    def _is_whole(self, name: str) -> bool:
        return all(map(_is_int, self._present(name)))

    def _present(self, name: str) -> list[object]:
        return [value for value in self._values.present(name) if value is not None]

    def _present_texts(self, name: str) -> list[str]:
        return [value for value in self._present(name) if isinstance(value, str)]

    def _given(self, name: str) -> np.ndarray:
        column = self._values[name]
        there = np.array([value is not None for value in column.values], np.bool_)
        return there[column.codes] if len(there) else np.zeros(len(column.codes), np.bool_)

    def _codes_of(self, name: str) -> Codes:
        return self._codes[name] if name in self._codes else self._values[name].codes

    def _current_texts(self, name: str) -> list[str]:
        known = self._masked.get(name, {})
        return [known.get(text, text) for text in self._values[name].texts]

    def _seed_texts(self, place: int) -> list[str]:
        columns = [self._values[name] for name in self._seeds]
        return [column.texts[column.codes[place]] for column in columns]


def _are_hosts(texts: Sequence[str]) -> bool:
    """Whether texts are numbered alike, or most look like names of hosts: gpu01, lab-titan, a.b.edu."""
    if len(set(map(masks.without_numbers, texts))) == 1:
        return True
    looks = sum(not set(text).isdisjoint("0123456789-.") for text in texts)
    return 2 * looks > len(texts) and all(" " not in text and "/" not in text for text in texts)


def _are_indexes(values: Sequence[object]) -> bool:
    """Whether values number devices: `a100` and `t4` are kinds of them, 1, 2 and 4 may be how many."""
    plain = {str(value).lower() for value in values} - {"cpu", "cuda", "gpu", "mps", "tpu", "xla", "auto"}
    if any(text.isdigit() for text in plain) and "0" not in plain:
        return False
    return all(text.isdigit() or text.rpartition(":")[2].isdigit() for text in plain)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
