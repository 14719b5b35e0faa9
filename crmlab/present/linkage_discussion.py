"""What answers joined with purchases mean, suggest, leave open and limit: chapter 5, the abstract and the viva sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.linkage_sentences import few, freed, known_before, selected
from crmlab.present.linkage_tables import pairs
from crmlab.present.linkage_words import STEP, Link, ends, has, ordered, share
from crmlab.present.sentences import listed, say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]


def reading(study: Study, sources: Sources, language: Language) -> Spans:
    """What the worth means, or that none is shown, or that it runs the other way; then CLV_P against CLV_B."""
    link, money = _asked(study, sources, language), _money(sources)
    if link is None or money is None:
        return ()
    low, high = (money.value("worth:sd", side) for side in ("ci_low", "ci_high"))
    key = "worth" if low > 0 else "worth_opposite" if high < 0 else "worth_unshown"
    spans = _say(link, f"disc_{key}", **_amounts(money, link))
    join, both = sources.get(f"{STEP}/join"), sources.get(f"{STEP}/quadrants")
    if low > 0 and join is not None and not ordered(join):
        spans += say(language, "disc_worth_order")
    later = sources.get(f"{STEP}/afterwards")
    if later is not None and known_before(later, "purchases" if link.outcome == "rate" else "spend"):
        spans += say(language, "disc_worth_history")
    if both is not None and has(both, "r_corrected"):
        spans += say(language, "disc_worth_cross", true=both.fact("r_corrected"))
    return spans


def advice(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """What a measure may cost at most, where a worth is shown; which product to offer next."""
    link, money, found = _asked(study, sources, language), _money(sources), list[Spans]()
    if link is not None and money is not None and money.value("worth:sd", "ci_low") > 0:
        found.append(_say(link, "sug_worth", ref=Ref("link_money"), **_amounts(money, link)))
    products = sources.get(f"{STEP}/next_product")
    if link is not None and products is not None and (of := next(iter(pairs(products, link)), "")):
        names = zip(("has", "lacks"), of.split(">"), strict=True)
        told = {key: fill(language.word("quote"), text=Label(text)) for key, text in names}
        found.append(
            say(
                language, "sug_next", open=products.fact(f"open:{of}", style="integer"), pct=share(products, f"confidence:{of}"),
                lift=products.fact(f"lift:{of}"), ref=Ref("link_next_product"), **told,
            )
        )  # fmt: skip
    return found


def limits(study: Study, sources: Sources, language: Language) -> Spans:
    """What the join, the order in time, and who answered take from the worth."""
    link, both = _asked(study, sources, language), sources.get(f"{STEP}/join")
    if link is None or both is None:
        return ()
    if few(both):
        return _say(link, "lim_worth_few", m=both.fact("matched", style="integer"))
    spans = say(language, "lim_worth_order") if not ordered(both) else ()
    lost = both.value("respondents") - both.value("matched")
    if lost > 0:
        k = Fact(f"counted/{both.address}/lost", lost, "integer")
        spans += say(language, "lim_worth_lost", k=k, n=both.fact("respondents", style="integer"))
    chosen = sources.get(f"{STEP}/selection")
    if chosen is not None and selected(chosen):
        names = listed(language, [link.said(f"plain.{name}") for name in selected(chosen)])
        spans += say(language, "lim_worth_selected", list=names)
    return spans


def next_study(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Where the order in time is not given: what would give it."""
    link, both = _asked(study, sources, language), sources.get(f"{STEP}/join")
    if link is None or both is None or few(both) or ordered(both):
        return []
    return [_say(link, "fut_worth")]


def in_short(study: Study, sources: Sources, language: Language) -> Spans:
    """The worth in one sentence, where one is shown."""
    link, money = _asked(study, sources, language), _money(sources)
    if link is None or money is None or not money.value("worth:sd", "ci_low") > 0:
        return ()
    join = sources.get(f"{STEP}/join")
    after = join is not None and ordered(join)
    return _say(link, "abs_worth", **_amounts(money, link)) + (
        () if after else say(language, "abs_worth_order")
    )


def asked(study: Study, sources: Sources, language: Language) -> list[tuple[Spans, Spans]]:
    """Questions of a viva with their answers: does it show in purchases, why not the plain score, which came first."""
    link, both, found = (
        _asked(study, sources, language),
        sources.get(f"{STEP}/join"),
        list[tuple[Spans, Spans]](),
    )
    if link is None or both is None or few(both):
        return found
    cross, scores = (sources.get(f"{STEP}/{name}") for name in ("quadrants", "estimates"))
    if cross is not None and has(cross, "r_corrected"):
        told = say(
            language, "a_worth", m=both.fact("matched", style="integer"), true=cross.fact("r_corrected"),
            lo=cross.fact("r_corrected", "ci_low"), hi=cross.fact("r_corrected", "ci_high"), ref=Ref("section-worth_views"),
        )  # fmt: skip
        found.append((say(language, "q_worth"), told))
    if scores is not None and (way := freed(scores, link.outcome)):
        naive, sem = (scores.fact(f"{one}:{link.outcome}", digits=3) for one in ("naive", way))
        told = say(
            language,
            "a_worth_score",
            rel=scores.fact("reliability"),
            naive=naive,
            sem=sem,
            ref=Ref("link_estimates"),
        )
        found.append((say(language, "q_worth_score"), told))
    if not ordered(both):
        answer = say(language, "a_worth_order", ref=Ref("link_join"))
        found.append((say(language, "q_worth_order"), answer))
    return found


def _asked(study: Study, sources: Sources, language: Language) -> Link | None:
    """What was asked; None where step 08 did not run."""
    ran = any(address.startswith(f"{STEP}/") for address in sources)
    return Link.of(language, study) if ran and study.worth is not None else None


def _enough(sources: Sources) -> bool:
    """Whether enough customers have both answers and purchases."""
    both = sources.get(f"{STEP}/join")
    return both is not None and not few(both)


def _money(sources: Sources) -> Source | None:
    """The worth, if it has an interval and rests on enough customers."""
    source = sources.get(f"{STEP}/money") if _enough(sources) else None
    return source if source is not None and not math.isnan(source.value("worth:sd", "ci_low")) else None


def _amounts(money: Source, link: Link) -> dict[str, object]:
    """The worth of one standard deviation with its unit, and its interval."""
    found: dict[str, object] = dict(ends(money, "worth:sd"))
    told = fill(link.language.word("disc.money"), value=found["v"], money=link.unit(money))
    return found | {"v": told}


def _say(link: Link, key: str, **values: object) -> Spans:
    return say(link.language, key, of=link.name, **values)
