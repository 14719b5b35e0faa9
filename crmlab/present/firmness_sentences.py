"""What is said of how firm the findings are, chosen by computed facts only."""

from __future__ import annotations

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.firmness_tables import outcome, ranked
from crmlab.present.language import Language
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.table_parts import arrow

OUTCOMES = ("relevant", "equivalent", "different", "open")
FEW = 0.5  # share of the respondents below which a choice keeps few of them
STANDS = {3: "relevant", 1: "equivalent", 2: "different", 0: "open"}


def sensitivity(source: Source, language: Language) -> Spans:
    """Do the verdicts outlive other choices?"""
    names, n = source.subjects("stands"), source.glance("computed", "integer")
    moved = [name for name in names if source.value(f"stands:{name}") < 1]
    if not moved:
        spans = say(language, "firmness_all", n=n, ref=Ref("sensitivity"))
    else:
        told = listed(language, [(Label(name),) for name in moved])
        spans = say(language, "firmness_some", n=n, ref=Ref("sensitivity"), list=told)
    for name in moved:
        spans += say(
            language, "firmness_changes", hid=Label(name), low=source.fact(f"lowest:{name}"),
            high=source.fact(f"highest:{name}"), pct=source.fact(f"stands:{name}", style="percent", digits=0),
            sign=source.fact(f"sign:{name}", style="percent", digits=0),
        )  # fmt: skip
    spans += _rows(source, language)
    lost = source.glance("choices").value - n.value
    if lost:
        spans += say(language, "firmness_lost", k=Fact(f"counted/{source.address}/lost", lost, "integer"))
    return spans


def _rows(source: Source, language: Language) -> Spans:
    """How few respondents the choices keep that keep few of them."""
    counts = {choice: source.value(f"n:{choice}") for choice in source.subjects("n")}
    most = max(counts, key=lambda choice: counts[choice], default="")
    few = sorted((c for c in counts if counts[c] < FEW * counts[most]), key=lambda choice: counts[choice])
    if not few:
        return ()
    values = {"n": source.fact(f"n:{most}", style="integer"), "ref": Ref("sensitivity")}
    low, high = (source.fact(f"n:{choice}", style="integer") for choice in (few[0], few[-1]))
    k = Fact(f"counted/{source.address}/few", len(few), "integer")
    key = "firmness_few_same" if low.value == high.value else "firmness_few"
    return say(language, key, k=k, low=low, high=high, **values)


def equivalence(source: Source, language: Language) -> Spans:
    """Which effects are large enough to matter?"""
    kinds: dict[str, list[Spans]] = {key: [] for key in OUTCOMES}
    for subject in source.subjects("equivalence"):
        kinds[STANDS[int(source.value(f"stands:{subject}"))]].append(
            arrow(language, subject.partition(":")[2])
        )
    spans = say(language, "matters_intro", ref=Ref("equivalence"), margin=source.glance("margin"))
    for key, effects in kinds.items():
        if effects:
            told: list[object] = []
            for effect in effects:
                told += [language.word("semicolon")] if told else []
                told += effect
            spans += say(language, f"matters_{key}", list=tuple(told))
    return spans


def drivers(source: Source, language: Language) -> Spans:
    """Which driver leads, and by more than chance?"""
    of, names = outcome(source), ranked(source)
    first, second = names[0], names[1]
    spans = say(
        language, "drivers_lead", var=quoted(language, of), r2=source.fact(f"r2:{of}"), first=quoted(language, first),
        pct=source.fact(f"dominance_share:{first}", style="percent", digits=1), ref=Ref(f"drivers_{of}"),
    )  # fmt: skip
    pairs = (f"dominance_difference:{first}~{second}", f"dominance_difference:{second}~{first}")
    term = pairs[0] if pairs[0] in source else pairs[1]
    sure = source.value(term, "ci_low") > 0 or source.value(term, "ci_high") < 0
    return spans + say(
        language, "drivers_ahead" if sure else "drivers_close", second=quoted(language, second)
    )
