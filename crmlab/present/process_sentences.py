"""What is said of mediation and moderation on scores, chosen by computed facts only."""

from __future__ import annotations

import math

from crmlab.present.blocks import Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.process_figures import boundaries, key_of
from crmlab.present.process_tables import name_of
from crmlab.present.process_words import ACTS, Shape, probe, shape, short, told
from crmlab.present.sentences import listed, say
from crmlab.present.table_parts import arrow


def question(source: Source, language: Language) -> Spans:
    """What the model asks, of whom, and where its numbers stand."""
    of, name = shape(source), name_of(source)
    kind = "moderation" if of.number == 1 else "serial" if of.number == 6 else "parallel" if of.number == 4 else "conditional"  # fmt: skip
    values: dict[str, object] = {
        "n": source.glance("model", "integer"), "x": told(language, of.x), "y": told(language, of.y),
        "m": listed(language, [told(language, m) for m in of.mediators]), "rows": source.glance("n", "integer"),
        "ref": Ref(f"process_{name}"), "effects": Ref(f"process_effects_{name}"),
    }  # fmt: skip
    if of.moderator:
        values["w"] = told(language, of.moderator)
        values["steps"] = listed(language, [(language.word(f"process.step.{a}"),) for a in ACTS[of.number]])
    return say(language, f"process_{kind}", **values)


def interactions(source: Source, language: Language, alpha: float) -> Spans:
    """Does the moderator change each path?"""
    of = shape(source)
    spans: Spans = ()
    for subject in source.subjects("r2_change"):
        outcome, _, product = subject.partition("~")
        focal = product.partition("*")[0]
        rows = [s for s in source.subjects("coef") if s.startswith(f"{outcome}~{focal}*{of.moderator}")]
        p = source.value(f"r2_change:{subject}", "p_value")
        term = f"coef:{rows[0]}"
        shown = p < alpha if len(rows) > 1 else _apart(source, term)
        spans += say(
            language, f"process_product{'_shown' if shown else ''}{'s' if len(rows) > 1 else ''}",
            path=arrow(language, f"{outcome}~{focal}"), w=short(language, of.moderator), b=source.fact(term, digits=3),
            lo=source.fact(term, "ci_low", digits=3), hi=source.fact(term, "ci_high", digits=3), level=source.level,
            r2=source.fact(f"r2_change:{subject}", digits=3),
            p=source.fact(f"r2_change:{subject}", "p_value", "p_relation", 3),
        )  # fmt: skip
    return spans


def regions(source: Source, language: Language) -> Spans:
    """Where on a continuous moderator each conditional path differs from zero."""
    spans: Spans = ()
    paths = dict.fromkeys(subject.rpartition(".")[0] for subject in source.subjects("jn_at"))
    for k, path in enumerate(paths, 1):
        share = source.value(f"jn_share:{path}")
        edges = boundaries(source, path)
        values: dict[str, object] = {
            "path": arrow(language, path), "w": short(language, shape(source).moderator), "fig": Ref(key_of(source, k)),
            "pct": source.fact(f"jn_share:{path}", style="percent", digits=0),
            "edges": listed(language, [(edge,) for edge in edges]),
        }  # fmt: skip
        key = "some" if edges else "all" if share == 1 else "none"
        spans += say(language, f"process_region_{key}", **values)
    return spans


def indirect(source: Source, language: Language) -> Spans:
    """What goes through the mediators, at every value of the moderator."""
    of = shape(source)
    spans: Spans = ()
    plain = [s for s in source.subjects("indirect") if "@" not in s]
    for subject in plain:
        term = f"indirect:{subject}"
        key = "process_indirect_shown" if _apart(source, term) else "process_indirect"
        spans += say(language, key, path=arrow(language, subject), **_numbers(source, term))
    ways: dict[str, list[str]] = {}
    for subject in source.subjects("indirect"):
        if "@" in subject:
            ways.setdefault(subject.partition("@")[0], []).append(subject)
    for way, subjects in ways.items():
        sure = [s for s in subjects if _apart(source, f"indirect:{s}")]
        values = {"path": arrow(language, way), "w": short(language, of.moderator)}
        if len(sure) in (0, len(subjects)):
            spans += say(language, "process_at_every" if sure else "process_at_none", **values)
        else:
            where = listed(language, [_where(source, language, of, s) for s in sure])
            spans += say(language, "process_at_some", list=where, **values)
    several = len(source.subjects("index")) > 1
    for subject in source.subjects("index"):
        term = f"index:{subject}"
        key = "process_index_shown" if _apart(source, term) else "process_index"
        which = fill(language.word("process.index_of"), **_index_of(source, language, of, subject))
        spans += say(language, key, of=which if several else (), **_numbers(source, term))
    return spans


def latent(scores: Source, source: Source, language: Language) -> Spans:
    """Do latent variables, without measurement error, say the same?"""
    key = "process_latent_same" if _same(scores, source) else "process_latent_other"
    return say(language, key, ref=Ref(f"process_latent_{name_of(source)}"))


def _same(scores: Source, source: Source) -> bool:
    """Whether what matters most comes out on the same side of zero, or as open, in both."""
    pairs = []
    for kind in ("index", "indirect"):
        pairs = [
            (f"{kind}:{s}",) * 2 for s in source.subjects(kind) if f"{kind}:{s}" in scores and "@" not in s
        ]
        if pairs:
            break
    if not pairs:
        pairs = [
            (f"coef:{s}", f"path:{s}") for s in source.subjects("path") if "*" in s and f"coef:{s}" in scores
        ]
    return all(_side(scores, a) == _side(source, b) for a, b in pairs)


def _side(source: Source, term: str) -> int:
    low, high = source.value(term, "ci_low"), source.value(term, "ci_high")
    return 1 if low > 0 else -1 if high < 0 else 0


def _apart(source: Source, term: str) -> bool:
    low = source.value(term, "ci_low")
    return not math.isnan(low) and _side(source, term) != 0


def _numbers(source: Source, term: str) -> dict[str, object]:
    return {
        "b": source.fact(term, digits=3), "lo": source.fact(term, "ci_low", digits=3),
        "hi": source.fact(term, "ci_high", digits=3), "level": source.level,
    }  # fmt: skip


def _where(source: Source, language: Language, of: Shape, subject: str) -> Spans:
    return probe(source, language, of.moderator, subject.partition("@")[2])


def _index_of(source: Source, language: Language, of: Shape, subject: str) -> dict[str, object]:
    """The way, and for a moderator with categories the one that is compared with the first."""
    way, dot, category = subject.partition(".")
    name: Spans = short(language, of.moderator)
    if dot:
        name = (*name, " (", *probe(source, language, of.moderator, category.partition(".")[2]), ")")
    return {"path": arrow(language, way), "w": name}
