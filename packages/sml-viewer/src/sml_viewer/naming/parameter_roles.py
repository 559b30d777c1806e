"""Roles of parameters in a folder of runs: one rule for names, marks, groups, tables and captions.

A parameter separates algorithms unless it is a seed (by name or by its values), describes where or when a run
was written, or is a secret. In doubt it separates: possible methods are never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sml_config.redaction import is_secret_name
from sml_viewer.arrays import distinct
from sml_viewer.model.distinct_values import Codes
from sml_viewer.model.parameter_table import ParameterTable, refined

from . import parameter_names as names
from . import value_masks as masks
from .folder_names import METHODS, words_of

SEED, TWIN, LOCATION, SECRET, ENVIRONMENT = "seed", "twin", "place", "secret", "environment"
ALGORITHM = "algorithm"


@dataclass(frozen=True)
class Roles:
    """The role of each parameter that varies; any other is an algorithm's.

    `masked` maps the texts of parameters that partly identify the run (`exp_name=ppo_s1`) to their
    significant part. `seeds` are the parameters that distinguish repetitions.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    masked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seeds: tuple[str, ...] = ()

    def separates(self, name: str) -> bool:
        """Whether runs that differ in a parameter belong to different algorithms."""
        return self.of.get(name, ALGORITHM) == ALGORITHM

    def marks(self, name: str) -> bool:
        """Whether a group is marked as mixed if its runs differ in a parameter; secrets are included."""
        return self.of.get(name, ALGORITHM) in (ALGORITHM, SECRET)

    def may_mark(self, name: str) -> bool:
        """Whether a group may be marked for a parameter; includes locations, whose words may differ."""
        return self.marks(name) or self.of.get(name) == LOCATION

    def text(self, name: str, text: str) -> str:
        """The significant part of a parameter's text."""
        return self.masked.get(name, {}).get(text, text)


def parameter_roles(values: ParameterTable, within: Sequence[str] = ()) -> Roles:
    """The roles of the parameters of all runs of a folder; `within` are those that make the sub-figures.

    Pass all runs of the folder, so that no query changes the roles.
    """
    return _Analysis(values, within).roles()


class _Analysis:
    def __init__(self, values: ParameterTable, within: Sequence[str]) -> None:
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
        self._identities = np.array(
            [known.setdefault(identity, len(known)) for identity in identities], np.int64
        )
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
        self._drop_constant_after_masking()
        seeds = [name for name, role in self._of.items() if role in (SEED, TWIN)]
        masked = {name: texts for name, texts in self._masked.items() if self._of.get(name) is None}
        return Roles(self._of, masked, tuple(seeds))

    def _judged(self, name: str) -> tuple[str | None, str | None]:
        """The certain role of a parameter, or its possible role; neither if it separates algorithms."""
        if name in names.GUESSED:
            return None, None
        if names.environment_rank(name) and not self._values.divides(name, self._within):
            return ENVIRONMENT, None
        if is_secret_name(name.rpartition(".")[2]):
            return SECRET, None
        if names.is_object(name):
            return LOCATION, None
        if names.is_repeat(name) and not self._recorded.any() and self._is_whole(name):
            return TWIN, None
        texts = self._present_texts(name)
        if texts and all(map(masks.is_pickle, texts)):
            return LOCATION, None
        if any(" at 0x" in text for text in self._values[name].texts):  # of texts, and within lists
            self._mask(name, list(map(masks.without_addresses, self._values[name].texts)))
        unique = self._is_unique(name)
        if names.is_moment(name) and all(map(masks.is_moment_text, self._present(name))):
            return (LOCATION, None) if unique else (None, LOCATION)
        if names.is_identity(name) and self._looks_like_identity(name):
            return (LOCATION, None) if unique else (None, LOCATION)
        if names.is_machine(name) and self._looks_like_machine(name):
            return None, LOCATION
        if names.is_written(name) and self._is_text(name):
            self._mask(name, list(map(masks.without_numbers, self._values[name].texts)))
            return None, LOCATION
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
        """Assign the possible roles as soon as the other parameters leave groups of different seeds.

        Parameters that divide runs least are tried first: they may name methods, unlike unique values.
        """
        order = [name for name, _ in doubtful]
        order.sort(key=lambda name: (self._is_unique(name), len(distinct(self._codes_of(name)))))
        roles = dict(doubtful)
        groups, _ = self._values.combined(self._within)
        definite = [n for n in self._others if n not in roles and n not in self._of]
        for name in definite:
            groups = refined(groups, self._codes_of(name))
        for name in order:
            finer = refined(groups, self._codes_of(name))
            if finer.max(initial=-1) == groups.max(initial=-1):
                # It divides nothing; it may repeat what other parameters say.
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
        """Whether the runs of most groups have distinct seeds; runs without seeds do not count."""
        if not self._recorded.any():
            return False
        columns = np.stack([groups, self._identities, self._seed_codes])[:, self._recorded]
        groups, _, seeds = distinct(columns, axis=1)  # copies of one run count once
        sizes = np.bincount(groups)
        pairs = distinct(np.stack([groups, seeds]), axis=1)[0]
        seeds_of_group = np.bincount(pairs, minlength=len(sizes))
        several = sizes > 1
        if not several.any():
            return True
        return bool(2 * np.count_nonzero(several & (seeds_of_group == sizes)) > np.count_nonzero(several))

    def _is_design(self, groups: Codes) -> bool:
        """Whether several groups share the same seeds, which indicates a designed experiment."""
        seeds: dict[int, set[int]] = {}
        for group, seed in zip(
            groups[self._recorded].tolist(), self._seed_codes[self._recorded].tolist(), strict=True
        ):
            seeds.setdefault(group, set()).add(seed)
        several = [frozenset(values) for values in seeds.values() if len(values) > 1]
        return len(several) > len(set(several))

    def _is_free_name(self, name: str) -> bool:
        """Whether a parameter is a free-form run name, which may contain a method."""
        return names.is_run_name(name) and self._is_text(name) and not self._is_counter_text(name)

    def _may_name_methods(self, name: str, groups: Codes) -> bool:
        """Whether the method names in a location's words differ within a group."""
        words: dict[int, set[frozenset[str]]] = {}
        column = self._values[name]
        for group, code in distinct(np.stack([groups, column.codes]), axis=1).T.tolist():
            words.setdefault(group, set()).add(frozenset(words_of(column.texts[code]) & METHODS))
        return any(len(variants) > 1 for variants in words.values())

    def _drop_constant_after_masking(self) -> None:
        for name in self._masked:
            if name not in self._of:
                given = self._given(name)
                if len(distinct(self._codes_of(name)[given])) < 2 and len(distinct(given)) < 2:
                    self._of[name] = LOCATION if names.is_written(name) else TWIN

    def _mask(self, name: str, texts: list[str]) -> None:
        """Set the significant parts of a parameter's texts, in the order of its values."""
        column = self._values[name]
        present = np.flatnonzero(column.counts).tolist()
        if len({texts[code] for code in present}) == len(present) and texts == column.texts:
            return
        numbers_by_text: dict[str, int] = {}
        numbers = np.array(
            [numbers_by_text.setdefault(text, len(numbers_by_text)) for text in texts], np.int64
        )
        self._codes[name] = numbers[column.codes]
        self._masked[name] = dict(zip(column.texts, texts, strict=True))

    def _mask_seed(self, name: str, *, unique: bool) -> None:
        """Mask the run's seed in a text: `exp_name=ppo_s1` becomes `ppo_s*`.

        In texts that are `unique` to each run, also mask times.
        """
        column = self._values[name]
        texts = self._current_texts(name)
        given = self._given(name) & self._recorded
        run_name = names.is_run_name(name) or names.is_counter(name)
        if self._seeds and given.any():
            seen: dict[int, int] = {}
            for run in np.flatnonzero(given).tolist():
                seen.setdefault(int(column.codes[run]), run)
            codes = list(seen)
            seeds = [self._seed_texts(seen[code]) for code in codes]
            named = names.is_method(name) and not run_name
            masked = masks.without_seed([texts[code] for code in codes], seeds, named=named, moments=unique)
            if masked is not None and len(set(masked)) < len(masked):
                for code, text in zip(codes, masked, strict=True):
                    texts[code] = text
        elif not self._recorded.any() and run_name:
            texts = list(map(masks.without_named_seed, texts))
        if unique:
            texts = list(map(masks.without_moments, texts))
        present = np.flatnonzero(column.counts).tolist()
        if len({texts[code] for code in present}) < len(present):
            self._mask(name, texts)

    def _is_in_step_with_the_seed(self, name: str) -> bool:
        """Whether a number is the seed plus a constant, with repeated values or the name of a counter."""
        if names.is_method(name) or not self._is_whole(name) or len(self._seeds) != 1:
            return False
        seeds = self._values[self._seeds[0]]
        pairs = distinct(np.stack([seeds.codes, self._values[name].codes]), axis=1).T.tolist()
        values = [(seeds.values[s], self._values[name].values[c]) for s, c in pairs]
        if len(values) < 2 or any(not _is_int(s) or not _is_int(c) for s, c in values):
            return False
        in_step = len({c - s for s, c in values}) == 1
        repeated = int(seeds.counts[seeds.counts > 0].min()) > 1
        return in_step and (repeated or names.is_counter(name))

    def _is_counter_text(self, name: str) -> bool:
        """Whether texts differ only in their numbers."""
        texts = self._present_texts(name)
        return len(set(map(masks.without_numbers, texts))) == 1 < len(texts)

    def _looks_like_identity(self, name: str) -> bool:
        # A hash such as 3e93 or 12e4567 may have been parsed as a number.
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
        """Whether all runs with a parameter have different values, except copies of one run."""
        given = self._given(name)
        codes, identities = self._values[name].codes[given], self._identities[given]
        pairs = distinct(codes * (int(identities.max(initial=0)) + 1) + identities)
        return 1 < len(pairs) == len(self._present(name))

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
        present = np.array([value is not None for value in column.values], np.bool_)
        return present[column.codes] if len(present) else np.zeros(len(column.codes), np.bool_)

    def _codes_of(self, name: str) -> Codes:
        return self._codes[name] if name in self._codes else self._values[name].codes

    def _current_texts(self, name: str) -> list[str]:
        known = self._masked.get(name, {})
        return [known.get(text, text) for text in self._values[name].texts]

    def _seed_texts(self, run: int) -> list[str]:
        columns = [self._values[name] for name in self._seeds]
        return [column.texts[column.codes[run]] for column in columns]


def _are_hosts(texts: Sequence[str]) -> bool:
    """Whether texts differ only in numbers, or most look like host names: gpu01, lab-titan, a.b.edu."""
    if len(set(map(masks.without_numbers, texts))) == 1:
        return True
    numeric = sum(not set(text).isdisjoint("0123456789-.") for text in texts)
    return 2 * numeric > len(texts) and all(" " not in text and "/" not in text for text in texts)


def _are_indexes(values: Sequence[object]) -> bool:
    """Whether values are device indexes; `a100` and `t4` are models, and 1, 2, 4 may be counts."""
    plain = {str(value).lower() for value in values} - {"cpu", "cuda", "gpu", "mps", "tpu", "xla", "auto"}
    if any(text.isdigit() for text in plain) and "0" not in plain:
        return False
    return all(text.isdigit() or text.rpartition(":")[2].isdigit() for text in plain)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
