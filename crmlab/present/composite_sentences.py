"""What is said of groups compared by PLS, and of both engines side by side, chosen by computed facts only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present import group_sentences as told
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.group_tables import grouping, split
from crmlab.present.language import Language
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

FEW = 4  # pairs of groups that are named one by one


def invariance(source: Source, language: Language) -> Spans:
    """Are the composites the same in every two groups?"""
    ref = Ref(f"composites_{grouping(source)}")
    subjects = source.subjects("invariant")
    broken = [of for of in subjects if source.value(f"invariant:{of}") == 0]
    if not broken:
        full = all(source.value(f"invariant:{of}") == 1 for of in subjects)
        return say(language, "composites_full" if full else "composites_same", ref=ref)
    k = Fact(f"counted/{source.address}/broken", len(broken), "integer")
    n = Fact(f"counted/{source.address}/compared", len(subjects), "integer")
    spans = say(language, "composites_differ", ref=ref, k=k, n=n)
    if len(broken) <= FEW:
        for subject in broken:
            name, (a, b) = split(subject)
            spans += say(
                language, "composite_differs", var=quoted(language, name), a=Label(language.name(a)),
                b=Label(language.name(b)), p=source.fact(f"compositional:{subject}", "p_value", "p_relation", 3),
            )  # fmt: skip
    return spans


def means(source: Source, language: Language, study: Study) -> Spans:
    """Do the means of composites differ, where they are the same composites?"""
    known = source.subjects("p_holm")
    if not known:
        return say(language, "composite_means_none")
    apart = [of for of in known if source.value(f"p_holm:{of}") < study.rules.alpha]
    if not apart:
        return say(language, "composite_means_same")
    spans: Spans = ()
    for name in dict.fromkeys(split(of)[0] for of in apart):
        own = [of for of in apart if split(of)[0] == name]
        top = max(own, key=lambda of: abs(source.value(f"mean_difference:{of}")))
        _, (a, b) = split(top)
        value = source.value(f"mean_difference:{top}")
        high, low = (a, b) if value > 0 else (b, a)
        k = Fact(f"counted/{source.address}/means.{name}", len(own), "integer")
        spans += say(
            language, "composite_mean_differs", var=quoted(language, name), k=k, high=Label(language.name(high)),
            low=Label(language.name(low)), d=Fact(f"counted/{source.address}/gap.{top}", abs(value), "number", 2),
            p=source.fact(f"p_holm:{top}", style="p_relation", digits=3),
        )  # fmt: skip
    return spans


def paths(source: Source, language: Language, study: Study, drawn: bool, said: set[str]) -> Spans:
    """Which paths and indirect effects differ by PLS, and could these groups show it? `said` holds what need not be said
    again."""
    item, alpha = grouping(source), study.rules.alpha
    compared = bool(source.subjects("path_difference"))
    key = "pls_group_intro_bare" if not compared else "pls_group_intro"
    key = "pls_group_intro_equal" if compared and source.subjects("equal") else key
    spans = say(
        language, key, paths=Ref(f"pls_group_paths_{item}"), ref=Ref(f"pls_group_differences_{item}"),
        equal=Ref(f"pls_group_equal_{item}"),
    )  # fmt: skip
    if drawn:
        spans += say(language, "group_paths_figure", fig=Ref(f"pls_group_forest_{item}"))
    if not compared:
        return spans + say(language, "pls_group_refused")
    apart = differing(source, alpha)
    for path in apart:
        if f"p_holm:{path}" in source:
            p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)
            spans += say(language, "group_path_differs", path=told.chain(language, path), p=p)
            spans += told.widest(source, language, path)
        else:
            spans += _pair(source, language, path)
    if not apart:
        spans += say(language, "pls_group_same")
        spans += told.blind(source, language)
    spans += told.indirect(source, language, "composite_indirect_same")
    return spans + told.enough(source, language, said)


def differing(source: Source, alpha: float) -> list[str]:
    """Paths that differ after Holm: over all groups where that is allowed, else between two of them."""
    found = []
    for path in dict.fromkeys(split(of)[0] for of in source.subjects("path_difference")):
        if f"p_holm:{path}" in source:
            p = source.value(f"p_holm:{path}")
        else:
            pairs = [of for of in source.subjects("p_holm_pair") if split(of)[0] == path]
            p = min((source.value(f"p_holm_pair:{of}") for of in pairs), default=math.nan)
        found += [path] if p < alpha else []
    return found


def _pair(source: Source, language: Language, path: str) -> Spans:
    """Two groups between which the path differs, where not all groups can be compared."""
    pairs = [of for of in source.subjects("p_holm_pair") if split(of)[0] == path]
    best = min(pairs, key=lambda of: source.value(f"p_holm_pair:{of}"))
    _, (a, b) = split(best)
    return say(
        language, "pls_pair_differs", path=told.chain(language, path), a=Label(language.name(a)),
        b=Label(language.name(b)), d=source.fact(f"path_difference:{best}", digits=3),
        p=source.fact(f"p_holm_pair:{best}", style="p_relation", digits=3),
    )  # fmt: skip


def engines(model: Source, composites: Source, language: Language, study: Study) -> Spans:
    """Do both engines find the same paths to differ?"""
    alpha = study.rules.alpha
    asked = [path for path in model.subjects("p_holm") if any(
        split(of)[0] == path for of in composites.subjects("path_difference")
    )]  # fmt: skip
    if not asked:
        return ()
    by_model = {path for path in asked if model.value(f"p_holm:{path}") < alpha}
    by_pls = set(differing(composites, alpha)) & set(asked)
    if by_model == by_pls:
        return say(language, "group_engines_agree" if by_model else "group_engines_none")
    parts = [told.chain(language, path) for path in asked if (path in by_model) != (path in by_pls)]
    return say(language, "group_engines_disagree", list=listed(language, parts))
