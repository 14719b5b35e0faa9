"""What is said of the conclusions over every defensible specification, chosen by computed facts only."""

from __future__ import annotations

from collections.abc import Sequence

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.multiverse_tables import ASPECTS, KEY, hypotheses, levels
from crmlab.present.sentences import listed, say


def introduction(source: Source, language: Language, drawn: Sequence[str]) -> Spans:
    """How many specifications, what their shares mean, and which figures draw them."""
    k = source.glance("computed", "integer")
    spans = say(language, "multi_intro", k=k, ref=Ref(KEY))
    if drawn:
        spans += say(language, "multi_drawn", list=listed(language, [(Ref(key),) for key in drawn]))
    lost = source.glance("choices").value - k.value
    if lost > 0:
        spans += say(language, "multi_lost", k=Fact(f"counted/{source.address}/lost", lost, "integer"))
    return spans


def kept(source: Source, language: Language) -> Spans:
    """Each hypothesis: sign, support, range; and what moves it most where it does not always hold."""
    spans: Spans = ()
    first = next(iter(source.subjects("n")), "")
    for name in hypotheses(source):
        supported = source.value(f"verdict:{name}.{first}") == 1
        whole = f"median:{name}"
        spans += say(
            language, "multi_kept" if supported else "multi_open", hid=Label(name),
            pct_sign=source.fact(f"sign:{name}", style="percent", digits=0),
            pct_sup=source.fact(f"support:{name}", style="percent", digits=0),
            k=source.glance("computed", "integer"), median=source.fact(whole),
            low=source.fact(whole, "ci_low"), high=source.fact(whole, "ci_high"),
        )  # fmt: skip
        if min(source.value(f"stands:{name}"), source.value(f"sign:{name}")) < 1:
            spans += _mover(source, language, name)
    return spans


def _mover(source: Source, language: Language, name: str) -> Spans:
    """The kind of choice whose levels have the medians farthest apart."""
    known = [aspect for aspect in ASPECTS if f"spread:{name}.{aspect}" in source]
    if not known:
        return ()
    aspect = max(known, key=lambda one: source.value(f"spread:{name}.{one}"))
    start = f"median_by:{name}.{aspect}."
    ranked = sorted(levels(source, aspect), key=lambda level: source.value(f"{start}{level}"))
    return say(
        language, "multi_moves", hid=Label(name), aspect=language.word(f"lit.aspect.{aspect}"),
        one=language.word(f"{aspect}.{ranked[0]}"), low=source.fact(f"{start}{ranked[0]}"),
        other=language.word(f"{aspect}.{ranked[-1]}"), high=source.fact(f"{start}{ranked[-1]}"),
    )  # fmt: skip
