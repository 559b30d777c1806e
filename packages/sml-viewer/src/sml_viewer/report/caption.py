"""Captions of curves: estimator, runs, names of groups, and what was left out.

A caption has a line for each kind of statement; `Caption.details` has every statement in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sml_viewer.columns.axes import TIME, label_of
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions
from sml_viewer.i18n import Message, joined, some, span
from sml_viewer.model.results import Curve, Panel
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.naming.labels import STYLE_COUNT, is_seed
from sml_viewer.naming.mixed_parameters import unrecorded_sentences
from sml_viewer.naming.short_names import ShortNames, is_long, short_names
from sml_viewer.select.selection import Selection, is_unread_note

MOST_LINES = 8
_CENTERS = {"mean": "Mean", "median": "Median", "iqm": "Interquartile mean"}
_ERRORS = {
    "se": "± standard error (ddof=1)",
    "sd": "± standard deviation (ddof=1)",
    "t": "with 95 % t interval",
    "bootstrap": "with 95 % bootstrap interval",
    "minmax": "with minimum and maximum",
    "none": "",
}
# Most sentences of a kind in a line of the caption, and most names of metrics.
_SENTENCES_PER_LINE, _METRICS = 3, 6


class Caption(NamedTuple):
    """`text` has at most MOST_LINES lines; `details` has a line for every statement."""

    text: str
    details: str


def make_caption(sections: Sequence[Sequence[str]], notes: Sequence[str]) -> Caption:
    """Make a caption from sections of sentences, fewer than MOST_LINES, and notes, grouped by kind.

    That runs are still being read comes first: all else may change.
    """
    sections = [list(map(sentence_of, filter(is_unread_note, notes))), *sections]
    notes = [note for note in notes if not is_unread_note(note)]
    lines = [_line(sentences) for sentences in sections if sentences]
    by_kind: dict[object, list[str]] = {}
    for note in notes:
        by_kind.setdefault(_kind(note), []).append(note)
    kinds = [_notes_line(alike) for alike in by_kind.values()]
    room = max(1, MOST_LINES - len(lines))
    if len(kinds) > room:
        left = sum(len(alike) for alike in list(by_kind.values())[room - 1 :])
        kinds = [*kinds[: room - 1], Message("{n} more note(s).", n=left)]
    details = [*(sentence for section in sections for sentence in section), *map(sentence_of, notes)]
    return Caption(joined([*lines, *kinds], "\n"), joined(details, "\n"))


def curves_caption(
    panels: Sequence[Panel],
    configuration: Configuration,
    selection: Selection,
    notes: Sequence[str],
    chosen: Sequence[str] = (),
    style_count: int = STYLE_COUNT,
) -> Caption:
    """Caption with centre, band, columns, seeds, smoothing, automatic names, pooled groups, and notes.

    `chosen` are notes on automatic columns with their alternatives, and on algorithms that are not shown.
    `style_count` is the number of distinct styles; with more algorithms they repeat.
    """
    own: list[str] = []
    for pair in dict.fromkeys(panel.pair for panel in panels):
        titles = [panel.title for panel in panels if panel.pair == pair]
        names = ("CURVE_CENTER", "CURVE_ERROR", "PLOT_FOR_EVERY")
        own += override_sentences(configuration, pair, titles, names)
    pooling = pooled_sentences(
        (panel.title, curve.algorithm, curve.mixed) for panel in panels for curve in panel.curves
    )
    pooling += unrecorded_sentences(curve.runs for panel in panels for curve in panel.curves if curve.repeats)
    unfinished = {
        run.name for panel in panels for curve in panel.curves for run in curve.runs if not run.finished
    }
    drawn = list(dict.fromkeys(curve.algorithm for panel in panels for curve in panel.curves))
    ends = _truncation_sentences(panels)
    if unfinished:
        ends.append(Message("{n} run(s) had not finished.", n=len(unfinished)))
    sections = [
        _pair_sentences(panels, configuration, binned=bool(selection.naming.bins)),
        list(map(sentence_of, chosen)),
        own,
        _single_runs(panels, configuration),
        [*_naming_sentences(selection), *style_sentences(drawn, style_count)],
        pooling,
        ends,
    ]
    return make_caption(sections, notes)


def style_sentences(algorithms: Sequence[str], style_count: int = STYLE_COUNT) -> list[str]:
    """Sentences about shortened names, and about repeated styles of more algorithms than `style_count`."""
    sentences: list[str] = []
    if len(algorithms) > style_count:
        text = (
            "There are {n} algorithms but only {looks} styles: colours, lines and markers repeat."
            if style_count == STYLE_COUNT
            else "There are {n} algorithms but only {looks} styles on the screen: colours and lines repeat."
        )
        sentences.append(Message(text, n=len(algorithms), looks=style_count))
    sentences += left_out_sentences(short_names(algorithms))
    if is_long(algorithms):
        sentences.append(Message("Long names are shortened; the numbers as CSV have them whole."))
    return sentences


def left_out_sentences(short: ShortNames) -> list[str]:
    """Sentence about parameters of which only some algorithms have one, always of the same value."""
    if not short.left_out:
        return []
    return [Message("Names leave out what has one value: {names}.", names=some(list(short.left_out), 6))]


def override_sentences(
    configuration: Configuration, pair: tuple[str, str], titles: Sequence[str], names: Sequence[str]
) -> list[str]:
    """Sentences about options `names` that a sub-figure overrides, which changes its numbers."""
    return [
        f"{title}: {name} {own}."
        for name in names
        for title in dict.fromkeys(titles)
        if (own := configuration.get(name, pair, title)) != configuration.get(name, pair)
    ]


def pooled_sentences(groups: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """One sentence for each set of mixed parameters, with the groups that pool it.

    `groups` are (sub-figure, algorithm, mixed parameters or None).
    """
    names_of: dict[str, list[str]] = {}
    for title, algorithm, pools in groups:
        if pools:
            names_of.setdefault(pools, []).append(f"{algorithm} ({title})" if title else algorithm)
    return [Message("{names} pools {what}.", names=some(names), what=mix) for mix, names in names_of.items()]


def seeds_text(counts: Sequence[int], groups: Iterable[Sequence[Run]], *, binned: bool = False) -> str:
    """`n = 3 seeds`, or `n = 2 to 3 runs` if not all runs of a group have a seed of their own.

    Runs with a `binned` parameter count as runs too, as they differ in more than the seed.
    """
    low, high = min(counts), max(counts)
    word = "seed" if not binned and all(map(_are_seeds, groups)) else "run"
    return Message(f"n = {{n}} {word}{'' if high == 1 else 's'}", n=span(low, high))


def first_texts(texts: list[str], most: int) -> list[str]:
    """The first `most` texts, and a text with the number of the others."""
    if len(texts) <= most + 1:
        return texts
    return [*texts[:most], Message("and {n} more group(s)", n=len(texts) - most)]


def _line(sentences: Sequence[str]) -> str:
    """The first sentences of one kind, and the number of the others, as one line."""
    shown: list[str] = [_brief(sentence) for sentence in sentences[:_SENTENCES_PER_LINE]]
    if len(sentences) > _SENTENCES_PER_LINE:
        shown.append(Message("{n} more like this.", n=len(sentences) - _SENTENCES_PER_LINE))
    return joined(shown)


def _brief(sentence: str) -> str:
    """The sentence with a long list in its value `what` shortened to the first items and a count."""
    listing = sentence.values.get("what") if isinstance(sentence, Message) else None
    if not isinstance(sentence, Message) or not isinstance(listing, Message) or "part0" not in listing.values:
        return sentence
    parts = [part for part in listing.values.values() if isinstance(part, str)]
    if len(parts) <= _SENTENCES_PER_LINE + 1:
        return sentence
    brief = joined(
        [*parts[:_SENTENCES_PER_LINE], Message("{n} more", n=len(parts) - _SENTENCES_PER_LINE)], "; "
    )
    return Message(sentence.template, **{**sentence.values, "what": brief})


def _notes_line(notes: Sequence[str]) -> str:
    """Notes of one kind as one line."""
    if len(notes) == 1:
        return sentence_of(notes[0])
    return joined([sentence_of(notes[0]), Message("{n} more like this.", n=len(notes) - 1)])


def sentence_of(note: str) -> str:
    """A note with a full stop."""
    return Message("{note}.", note=note)


def _kind(note: str) -> object:
    """Key that is equal for notes that differ only in runs, columns or numbers."""
    if not isinstance(note, Message):
        return note
    detail = note.values.get("what")
    return detail.template if isinstance(detail, Message) else (note.template, detail)


def _are_seeds(runs: Sequence[Run]) -> bool:
    seeds = [tuple(text_of(run.parameter(name)) for name in _seed_names(run)) for run in runs]
    return all(seeds) and len(set(seeds)) == len(seeds)


def _seed_names(run: Run) -> tuple[str, ...]:
    return _seeds_among(tuple(run.flat)) or _seeds_among(tuple(run.defaults))


@lru_cache(256)  # most runs have the same parameters
def _seeds_among(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(is_seed, names))


def _pair_sentences(panels: Sequence[Panel], configuration: Configuration, *, binned: bool) -> list[str]:
    """One sentence for all metrics that share centre, band, x, seeds and smoothing."""
    alike: dict[tuple[str, ...], tuple[dict[str, object], list[str]]] = {}
    for pair in dict.fromkeys(panel.pair for panel in panels):
        pair_panels = [panel for panel in panels if panel.pair == pair]
        words = _pair_words(pair, pair_panels, configuration, binned=binned)
        alike.setdefault(tuple(map(str, words.values())), (words, []))[1].append(pair[1])
    return [
        Message("{words} of {y} over {x}, {seeds}{how}.", y=some(metrics, _METRICS), **words)
        for words, metrics in alike.values()
    ]


def _pair_words(
    pair: tuple[str, str], panels: Sequence[Panel], configuration: Configuration, *, binned: bool
) -> dict[str, object]:
    options = CurveOptions.of(configuration, pair)
    middle, kind = options.curve_center, _band_of(options)
    curves = [curve for panel in panels for curve in panel.curves]
    counts = sorted({int(count) for curve in curves for count in (curve.n.min(), curve.n.max())})
    words = Message(f"{_CENTERS[middle]} {_ERRORS[kind]}".strip() if counts[-1] > 1 else "Values")
    qualifiers: list[str] = []
    qualifiers += _smoothed(curves, label_of(pair[0]), exponential=options.smooth_kind == "ema")
    if any(curve.interpolated for curve in curves):
        qualifiers.append(Message(", runs interpolated linearly where not all have a value at the same x"))
    strides = sorted({curve.stride for curve in curves})
    if strides[-1] > 1:
        qualifiers.append(Message(", one point in {every}", every=span(strides[0], strides[-1])))
    return {
        "words": words,
        "x": label_of(pair[0]),
        "seeds": Message("single runs")
        if pair[0] == TIME
        else seeds_text(counts, (curve.runs for curve in curves), binned=binned),
        "how": joined(qualifiers, ""),
    }


def _band_of(options: CurveOptions) -> str:
    around_mean = options.curve_error in ("se", "sd", "t")
    return "bootstrap" if around_mean and options.curve_center != "mean" else options.curve_error


def _single_runs(panels: Sequence[Panel], configuration: Configuration) -> list[str]:
    """Sentences about curves without a band because they have one run."""
    curves = [
        (panel.title, curve)
        for panel in panels
        for curve in panel.curves
        if panel.pair[0] != TIME  # over clock time runs are drawn one by one
        and CurveOptions.of(configuration, panel.pair, panel.title).curve_error not in ("none", "minmax")
    ]
    return single_run_sentences(
        [(title, curve.algorithm) for title, curve in curves if len(curve.runs) == 1], len(curves)
    )


def single_run_sentences(single: Sequence[tuple[str, str]], total: int) -> list[str]:
    """Sentence about groups without an interval because they have one run.

    `single` are these groups as (sub-figure, algorithm); `total` groups could have an interval.
    """
    if not single:
        return []
    if len(single) == total:
        return [Message("Each group has one run, so there is no interval.")]
    names = [f"{algorithm} ({title})" if title else algorithm for title, algorithm in single]
    return [Message("One run, so no interval: {names}.", names=some(list(dict.fromkeys(names))))]


def _smoothed(curves: Sequence[Curve], x: str, *, exponential: bool) -> list[str]:
    """Clauses about smoothing: the number of points and, if configured so, the width in x."""
    windows = sorted({2 * curve.radius + 1 for curve in curves})
    if windows[-1] == 1:
        return []
    points = span(windows[0], windows[-1])
    smoothing = Message(", each run smoothed over {span} points", span=points)
    widths = sorted({curve.width for curve in curves})
    if widths[0] > 0:
        width = span(*(f"{float(f'{each:.3g}'):g}" for each in (widths[0], widths[-1])))
        text = ", each run smoothed over a window of {width} {x} ({span} points)"
        smoothing = Message(text, width=width, x=x, span=points)
        if exponential:
            half = span(*(f"{float(f'{each / 2:.3g}'):g}" for each in (widths[0], widths[-1])))
            text = ", each run smoothed by an exponential moving average (time constant {width} {x})"
            smoothing = Message(text, width=half, x=x)
    ghosts = any(curve.ghost is not None for curve in curves)
    return [smoothing, Message(" (thin line: not smoothed)")] if ghosts else [smoothing]


def _truncation_sentences(panels: Sequence[Panel]) -> list[str]:
    """Sentence about groups truncated by a run: the first few by name, the others as a count."""
    several = len({panel.title for panel in panels}) > 1
    cuts: list[str] = [
        Message(
            "{who}: {what}",
            who=some([f"{curve.algorithm}{f' ({panel.title})' if several else ''}"]),
            what=curve.truncated_by,
        )
        for panel in panels
        for curve in panel.curves
        if curve.truncated_by
    ]
    if not cuts:
        return []
    text = "Groups are drawn where all their runs have data ({cuts})."
    return [Message(text, cuts=joined(first_texts(cuts, 2), "; "))]


def _naming_sentences(selection: Selection) -> list[str]:
    keys = selection.naming.keys
    if "DATA_MERGER" not in selection.naming.automatic or not keys:
        return []
    return [_differing_sentence(selection), *bins_sentences(list(selection.naming.bins))]


def _differing_sentence(selection: Selection) -> Message:
    implied = selection.naming.implied
    names = some(list(selection.naming.keys), 6)
    if not implied:
        return Message("Algorithms by differing parameters (auto: {names}).", names=names)
    return Message(
        "Algorithms by differing parameters (auto: {names}; {implied} differ along with them).",
        names=names,
        implied=some(list(implied)),
    )


def bins_sentences(names: Sequence[str]) -> list[str]:
    """Sentence about continuous parameters whose values are binned."""
    if not names:
        return []
    text = "Continuous, so binned; runs of a bin differ (†): {names} (MAX_ALGORITHMS = 0 keeps runs apart)."
    return [Message(text, names=some(list(names), 6))]
