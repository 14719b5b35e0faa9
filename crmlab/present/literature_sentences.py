"""What is said of our results beside those of earlier studies, chosen by computed facts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmlab.present.blocks import Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.literature_tables import KEY, TOGETHER, paths, studies, study_name
from crmlab.present.sentences import listed, say

FEW = 5  # studies below which the spread between them is hardly known
FOREST = "literature_forest"
WIDE = 1.0  # of 2: a prediction interval beyond this rules out hardly anything


def introduction(source: Source, language: Language, drawn: bool) -> Spans:
    """What the section is about, whether there is a figure, and what did not fit."""
    spans = say(language, "lit_intro", ref=Ref(KEY))
    spans += say(language, "lit_drawn", fig=Ref(FOREST)) if drawn else ()
    if source.result.glance.get("lost", 0.0):
        spans += say(language, "lit_lost", k=source.glance("lost", "integer"), ref=Ref(KEY))
    return spans


def compared(source: Source, language: Language, path: str, named: Spans, alpha: float) -> Spans:
    """One path of ours, named as in the text, beside every study of it; empty where nobody reports it."""
    if path not in paths(source):
        return ()
    chosen = studies(source, path)
    numbers = [study for study in chosen if f"study:{path}@{study}" in source]
    agreeing = [study for study in numbers if source.value(f"agrees:{path}@{study}") == 1]
    spans = _agreeing(source, language, path, agreeing, alpha)
    for study in numbers:
        spans += () if study in agreeing else _others(source, language, path, study)
    bare = [one for one in chosen if one not in numbers]
    spans += _directions(source, language, path, bare, named, bool(agreeing))
    return spans + _together(source, language, path, named)


def few(source: Source, language: Language, named: Mapping[str, Spans]) -> Spans:
    """For which paths too few studies give a number, said once for all."""
    count = {path: source.value(f"k:{path}") for path in named}
    alone = [named[path] for path in named if count[path] == 1]
    some = [named[path] for path in named if 1 < count[path] < FEW]
    spans = say(language, "lit_alone", list=listed(language, alone)) if alone else ()
    return spans + (say(language, "lit_few", list=listed(language, some)) if some else ())


def _values(source: Source, path: str) -> dict[str, object]:
    own = f"own:{path}"
    return {
        "b": source.fact(own, digits=3),
        "lo": source.fact(own, "ci_low", digits=3),
        "hi": source.fact(own, "ci_high", digits=3),
    }


def _agreeing(source: Source, language: Language, path: str, chosen: Sequence[str], alpha: float) -> Spans:
    """The studies with a number that ours agrees with in direction, and how the sizes compare."""
    if not chosen:
        return ()
    b = source.fact(f"own:{path}", digits=3)
    told = {study: source.fact(f"study:{path}@{study}") for study in chosen}
    if len(chosen) == 1:
        spans = say(language, "lit_agrees", study=(study_name(chosen[0]),), b0=told[chosen[0]], b=b)
    else:
        item = language.word("lit.reported_item")
        parts = [fill(item, study=study_name(study), b0=told[study]) for study in chosen]
        spans = say(language, "lit_agrees_many", list=listed(language, parts), b=b)
    sized = [study for study in chosen if f"difference:{path}@{study}" in source]
    p = {study: source.value(f"p_holm:{path}@{study}") for study in sized}
    spans += _alike(source, language, path, [study for study in sized if p[study] >= alpha])
    for study in sized:
        if p[study] < alpha:
            own, other = source.value(f"own:{path}"), told[study].value
            more = language.word("lit.more" if abs(own) > abs(other) else "lit.less")
            values = _gap(source, f"{path}@{study}")
            spans += say(language, "lit_other_size", study=(study_name(study),), more=more, **values)
    return spans


def _alike(source: Source, language: Language, path: str, same: Sequence[str]) -> Spans:
    """Sizes that chance may have made different."""
    if len(same) == 1:
        return say(language, "lit_same_size", study=(study_name(same[0]),), **_gap(source, f"{path}@{same[0]}"))  # fmt: skip
    if not same:
        return ()
    nearest = min(same, key=lambda study: source.value(f"p_holm:{path}@{study}"))
    p = source.fact(f"p_holm:{path}@{nearest}", style="p_relation", digits=3)
    told = listed(language, [(study_name(study),) for study in same])
    return say(language, "lit_same_sizes", list=told, p=p)


def _gap(source: Source, at: str) -> dict[str, object]:
    term = f"difference:{at}"
    return {
        "d": source.fact(term), "lo": source.fact(term, "ci_low"), "hi": source.fact(term, "ci_high"),
        "p": source.fact(f"p_holm:{at}", style="p_relation", digits=3),
    }  # fmt: skip


def _others(source: Source, language: Language, path: str, study: str) -> Spans:
    """A study with a number whose direction is not ours, or where ours is not shown."""
    at = f"{path}@{study}"
    values = _values(source, path)
    told = {"study": (study_name(study),), "b0": source.fact(f"study:{at}")}
    if source.value(f"agrees:{at}") == 0:
        return say(language, "lit_open", **told, **values)
    return say(language, "lit_differs", **told, b=values["b"])


def _directions(
    source: Source, language: Language, path: str, chosen: Sequence[str], named: Spans, after: bool
) -> Spans:
    """The studies of which only the direction is known, those of one outcome together."""
    spans: Spans = ()
    for outcome, key in ((1, "lit_agrees_sign"), (-1, "lit_differs_sign"), (0, "lit_open_sign")):
        same = [study for study in chosen if int(source.value(f"agrees:{path}@{study}")) == outcome]
        if not same:
            continue
        told = listed(language, [(study_name(study),) for study in same])
        values = _values(source, path)
        if outcome == 1 and not after:
            spans += say(language, "lit_agrees_sign_only", list=told, b=values["b"])
        elif outcome == 0:
            spans += say(language, key, list=told, **values)
        else:
            spans += say(language, key, list=told, hid=named)
    return spans


def _together(source: Source, language: Language, path: str, named: Spans) -> Spans:
    """What the studies say together, and our estimate weighed with it; nothing where there is but one."""
    if f"pooled:{path}" not in source:
        return ()
    spans = say(
        language, "lit_pooled", k=source.fact(f"k:{path}", style="integer"), m=source.fact(f"pooled:{path}"),
        lo=source.fact(f"pooled:{path}", "ci_low"), hi=source.fact(f"pooled:{path}", "ci_high"),
        low=source.fact(f"prediction:{path}", "ci_low"), high=source.fact(f"prediction:{path}", "ci_high"),
        ref=Ref(TOGETHER),
    )  # fmt: skip
    after = f"shrunken:{path}"
    return (
        spans
        + _expected(source, language, path, named)
        + say(
            language, "lit_shrunken", s=source.fact(after), lo=source.fact(after, "ci_low"),
            hi=source.fact(after, "ci_high"), w=source.fact(f"weight:{path}", style="percent", digits=0),
        )
    )  # fmt: skip


def _expected(source: Source, language: Language, path: str, named: Spans) -> Spans:
    """Is ours what a new study is expected to find?"""
    low, high = (source.value(f"prediction:{path}", side) for side in ("ci_low", "ci_high"))
    if high - low > WIDE:
        return say(language, "lit_wide", hid=named)
    if source.value(f"within:{path}") == 1:
        return say(language, "lit_within", hid=named)
    own, mean = source.value(f"own:{path}"), source.value(f"pooled:{path}")
    more = language.word("lit.more" if own > mean else "lit.less")
    return say(language, "lit_beyond", hid=named, more=more)
