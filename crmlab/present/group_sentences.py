"""What is said of groups, chosen by computed facts only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.group_tables import extreme, grouping, groups, question, shown_size, split
from crmlab.present.language import Language
from crmlab.present.outcomes import GROUPS
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study


def compared(source: Source, language: Language) -> Spans:
    """Which groups, how many people in each."""
    told: list[object] = []
    for name in groups(source):
        told += [language.word("semicolon")] if told else []
        told.append(Label(language.name(name)))
        told += [] if math.isnan(source.value(f"n:{name}")) else [" (", *shown_size(source, name), ")"]
    item = fill(language.word("quote"), text=question(language, grouping(source)))
    return say(language, "groups_compared", item=item, list=tuple(told))


def items(source: Source, language: Language) -> Spans:
    """Do the items of each dimension work alike?"""
    ref = Ref(f"group_items_{grouping(source)}")
    spans: Spans = ()
    loose = False  # whether loadings differ somewhere
    for rung in ("metric", "scalar"):
        known = [of.rpartition(".")[0] for of in source.subjects("holds") if of.endswith(f".{rung}")]
        if not known:
            continue
        broken = [name for name in known if source.value(f"holds:{name}.{rung}") == 0]
        partly = [name for name in known if source.value(f"holds:{name}.{rung}") == 0.5]
        if not broken and not partly:
            key = "group_items_scalar_rest" if rung == "scalar" and loose else f"group_items_{rung}_all"
            spans += say(language, key, ref=ref)
        loose = loose or bool(broken or partly)
        for which, names in (("partly", partly), ("broken", broken)):
            if names:
                told = listed(language, [quoted(language, name) for name in names])
                spans += say(language, f"group_items_{rung}_{which}", list=told, ref=ref)
    return spans


def invariance(source: Source, language: Language) -> Spans:
    """How far do the groups measure the same?"""
    metric, scalar = source.value("holds:metric"), source.value("holds:scalar")
    if metric == 0 or math.isnan(metric):
        key = "group_invariance_none"
    elif not scalar > 0:
        key = "group_invariance_metric"
    else:
        key = "group_invariance_full" if metric == scalar == 1 else "group_invariance_part"
    return say(language, key, ref=Ref(f"group_invariance_{grouping(source)}"))


def paths(
    source: Source,
    language: Language,
    study: Study,
    drawn: bool,
    loose: Mapping[str, Sequence[str]],
    told: set[str],
) -> Spans:
    """Which paths and indirect effects differ, and could these groups show it? `loose` names, for each path, what is not
    measured alike in the groups; `told` holds what need not be said again."""
    item, alpha = grouping(source), study.rules.alpha
    refs = {"ref": Ref(f"group_differences_{item}"), "paths": Ref(f"group_paths_{item}")}
    spans = say(language, "group_paths_intro", equal=Ref(f"group_equal_{item}"), **refs)
    if drawn:
        spans += say(language, "group_paths_figure", fig=Ref(f"group_forest_{item}"))
    apart = [path for path in source.subjects("p_holm") if source.value(f"p_holm:{path}") < alpha]
    for path in apart:
        p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)
        spans += say(language, "group_path_differs", path=chain(language, path), p=p)
        spans += widest(source, language, path)
        if loose.get(path):
            names = listed(language, [quoted(language, name) for name in loose[path]])
            spans += say(language, "group_path_shaky", list=names)
    if not apart:
        spans += say(language, "group_paths_same", p=source.fact("equal_all", "p_value", "p_relation", 3))
        spans += blind(source, language)
    return spans + indirect(source, language) + enough(source, language, told)


def widest(source: Source, language: Language, path: str) -> Spans:
    """The two groups that lie farthest apart."""
    pairs = [subject for subject in source.subjects("path_difference") if split(subject)[0] == path]
    widest = max(pairs, key=lambda subject: abs(source.value(f"path_difference:{subject}")))
    _, (a, b) = split(widest)
    high, low = (a, b) if source.value(f"path_difference:{widest}") > 0 else (b, a)
    return say(
        language, "group_path_widest", high=Label(language.name(high)), low=Label(language.name(low)),
        b_high=source.fact(f"path:{path}@{high}", digits=3), b_low=source.fact(f"path:{path}@{low}", digits=3),
    )  # fmt: skip


def blind(source: Source, language: Language) -> Spans:
    """Not shown is not equal: the differences that would have been found."""
    ranked = sorted(source.subjects("detectable"), key=lambda subject: source.value(f"detectable:{subject}"))
    if not ranked:
        return ()
    low, high = (source.fact(f"detectable:{subject}") for subject in (ranked[0], ranked[-1]))
    power = source.glance("power", "percent", 0)
    return say(language, "group_paths_blind", low=low, high=high, power=power)


def indirect(source: Source, language: Language, same: str = "group_indirect_same") -> Spans:
    found = source.subjects("indirect_difference")
    apart = [
        subject
        for subject in found
        if source.value(f"indirect_difference:{subject}", "ci_low") > 0
        or source.value(f"indirect_difference:{subject}", "ci_high") < 0
    ]
    if not found:
        return ()
    if not apart:
        return say(language, same, level=source.level)
    spans: Spans = ()
    for subject in apart:
        effect, (a, b) = split(subject)
        term = f"indirect_difference:{subject}"
        spans += say(
            language, "group_indirect_differs", path=chain(language, effect), a=Label(language.name(a)),
            b=Label(language.name(b)), d=source.fact(term, digits=3), lo=source.fact(term, "ci_low", digits=3),
            hi=source.fact(term, "ci_high", digits=3), level=source.level,
        )  # fmt: skip
    return spans


def alone(
    study: Study, sources: Mapping[str, Source], language: Language, one: Hypothesis, verdicts: Source
) -> Spans:
    """Single paths that differ between groups although the hypothesis on all of them is not supported."""
    source = sources.get(f"{GROUPS}/paths_{one.groups}")
    if one.kind != "difference" or source is None or verdicts.value(f"verdict:{one.id}") != 0:
        return ()
    spans: Spans = ()
    for path in source.subjects("p_holm"):
        p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)
        if p.value < study.rules.alpha:
            ref = Ref(f"group_equal_{one.groups}")
            spans += say(language, "group_alone", path=chain(language, path), p=p, ref=ref)
    return spans


def enough(source: Source, language: Language, told: set[str]) -> Spans:
    """Are the groups large enough, at the precision found here and by what was foretold? What was `told` already of another
    grouping or by another estimator is not told again."""
    needed = [source.value(f"size_needed:{path}") for path in source.subjects("size_needed")]
    spans: Spans = ()
    values = {"smallest": source.glance("smallest"), "power": source.glance("power", "percent", 0)}
    if needed and not any(math.isnan(n) for n in needed):
        most = Fact(f"counted/{source.address}/size_needed", max(needed), "integer")
        key = "group_sizes_enough" if source.value("enough") == 1 else "group_sizes_few"
        table = (
            "group_equal" if source.subjects("equal") else "group_differences"
        )  # the first one needs all groups
        ref = Ref(f"{source_key(source)}{table}_{grouping(source)}")
        spans += say(language, key, ref=ref, n=most, **values)
    foretold = _foretold(source, language, values)
    words = language.plain(foretold)
    if words in told:
        return spans
    told.add(words)
    return spans + foretold


def _foretold(source: Source, language: Language, values: dict[str, Fact]) -> Spans:
    """What the simulation before the data asks of each group, and which groups have less."""
    found = [source.value(f"foretold:{path}") for path in source.subjects("foretold")]
    known = [n for n in found if not math.isnan(n)]
    if not found:
        return ()
    if not known:
        return say(language, "group_foretold_none", **values)
    most = Fact(f"counted/{source.address}/foretold", max(known), "integer")
    short = source.subjects("short")
    if not short:
        return say(language, "group_foretold_enough", n=most, **values)
    if len(short) == len(groups(source)):
        return say(language, "group_foretold_all_short", n=most, **values)
    names = listed(language, [(Label(language.name(name)),) for name in short])
    return say(language, "group_foretold_short", n=most, list=names, **values)


def source_key(source: Source) -> str:
    """What stands before the keys of the tables of groups: nothing, or "pls_" for those of composites."""
    return "pls_" if source.result.model == "model.compare_composites" else ""


def means(source: Source, language: Language, study: Study, key: str = "group_means") -> Spans:
    """Do the groups differ in their mean scores, and by how much?"""
    ref = Ref(f"{key}_{grouping(source)}")
    known = [score for score in source.subjects("p_holm") if f"eta2:{score}" in source]
    apart = [score for score in known if source.value(f"p_holm:{score}") < study.rules.alpha]
    if not apart:
        top = max(known, key=lambda score: source.value(f"eta2:{score}"))
        share = source.fact(f"eta2:{top}", style="percent", digits=1)
        return say(language, "group_means_same", ref=ref, pct=share, var=quoted(language, top))
    spans = say(language, "group_means_intro", ref=ref)
    for score in apart:
        high, low = extreme(source, score, True), extreme(source, score, False)
        spans += say(
            language, "group_mean_differs", var=quoted(language, score), high=Label(language.name(high)),
            low=Label(language.name(low)), m_high=source.fact(f"mean:{score}.{high}"),
            m_low=source.fact(f"mean:{score}.{low}"), pct=source.fact(f"eta2:{score}", style="percent", digits=1),
            p=source.fact(f"p_holm:{score}", style="p_relation", digits=3),
        )  # fmt: skip
    return spans


def chain(language: Language, path: str) -> Spans:
    spans: list[object] = []
    for part in reversed(path.split("~")):
        spans += [language.word("arrow")] if spans else []
        spans.append(Label(language.name(part)))
    return fill(language.word("quote"), text=tuple(spans))
