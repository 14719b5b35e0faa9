"""How much of its outcomes a model explains, in one sentence."""

from __future__ import annotations

from crmlab.present.blocks import Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import listed, quoted, say

FEW = 3  # outcomes that are named one by one; of more the extremes


def explained(source: Source, language: Language, key: str = "explained") -> Spans:
    """The variance explained of every outcome, by the patterns `key`, `key`_many and `key`_range."""
    ranked = sorted(source.subjects("r2"), key=lambda name: source.value(f"r2:{name}"))
    shares = {name: source.fact(f"r2:{name}", style="percent", digits=1) for name in source.subjects("r2")}
    if len(ranked) > FEW:
        low, high = ranked[0], ranked[-1]
        return say(
            language, f"{key}_range", low=shares[low], var_low=quoted(language, low), high=shares[high],
            var_high=quoted(language, high),
        )  # fmt: skip
    pattern = language.word("disc.explained")
    told = [fill(pattern, r2=share, var=quoted(language, name)) for name, share in shares.items()]
    if len(told) > 1:
        return say(language, f"{key}_many", list=listed(language, told))
    return say(language, key, r2=shares[ranked[0]], var=quoted(language, ranked[0])) if ranked else ()
