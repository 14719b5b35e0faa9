"""What came out for each hypothesis, and what qualifies it: read from saved results, in no language yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from crmlab.present.facts import Source

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study

DESIGN, MEASURE, STRUCTURE, GROUPS = (
    "01_study_design", "04_measurement", "05_structure_mediation", "06_lifecycle_groups",
)  # fmt: skip
EQUIVALENT, DIFFERENT, RELEVANT = 1.0, 2.0, 3.0  # `stands` of an equivalence test
UNSURE = 2.5  # relevant by the tests, while the interval of the verdict reaches below the smallest effect of interest
NO_FIT = (
    "check.possible",
    "check.converged",
    "check.negative_variance",
    "check.latent_covariance",
    "check.residual_covariance",
)
WHOLE = "13_thesis_report/hypotheses"  # every hypothesis, of whatever step
Sources = Mapping[str, Source]


@dataclass(frozen=True)
class Outcome:
    """How one hypothesis came out.

    Attributes
    ----------
    hypothesis : the expected effect
    verdict : 1 supported, 0 not shown, -1 contradicted, NaN not judged
    stands : of the equivalence test; NaN where none was made
    imprecise : not shown, while the interval holds effects beyond the smallest one of interest
    """

    hypothesis: Hypothesis
    verdict: float
    stands: float
    imprecise: bool

    @property
    def effect(self) -> str:
        """The term of the effect that it is judged by: "path:RQ~CRM", "indirect:CLV~RQ~CRM"."""
        kind = "path" if self.hypothesis.kind == "direct" else "indirect"
        return f"{kind}:{'~'.join(reversed(self.hypothesis.constructs))}"

    @property
    def steps(self) -> tuple[str, ...]:
        """The paths it goes along, `outcome~predictor`."""
        names = self.hypothesis.constructs
        return tuple(f"{b}~{a}" for a, b in pairwise(names))

    @property
    def supported(self) -> bool:
        """Whether the data support it."""
        return self.verdict == 1

    @property
    def open(self) -> bool:
        """Neither supported nor contradicted, and not ruled out either."""
        return self.verdict == 0 and self.stands != EQUIVALENT


def judged(sources: Sources, name: str) -> Source | None:
    """A result that hypotheses are judged by: of all steps; of PLS, or of the covariance-based model if that is all."""
    if name == "verdicts" and WHOLE in sources:
        return sources[WHOLE]
    return sources.get(f"{STRUCTURE}/{name}") or sources.get(f"{STRUCTURE}/sem_{name}")


def outcomes(study: Study, sources: Sources) -> list[Outcome]:
    """Every hypothesis of the study with its outcome; none where nothing has been judged."""
    verdicts = judged(sources, "verdicts")
    if verdicts is None:
        return []
    return [_outcome(one, verdicts, sources.get(f"{STRUCTURE}/equivalence")) for one in study.hypotheses]


def _outcome(one: Hypothesis, verdicts: Source, matters: Source | None) -> Outcome:
    bare = Outcome(one, verdicts.value(f"verdict:{one.id}"), math.nan, False)
    if matters is None or f"stands:{bare.effect}" not in matters:
        return bare
    margin, term = matters.result.glance.get("margin", math.nan), f"hypothesis:{one.id}"
    low, high = verdicts.value(term, "ci_low"), verdicts.value(term, "ci_high")
    stands = matters.value(f"stands:{bare.effect}")
    wide = bool(low < -margin or high > margin)
    if stands == RELEVANT and low <= margin and high >= -margin:
        stands = UNSURE
    return Outcome(one, bare.verdict, stands, bare.verdict == 0 and wide and stands != EQUIVALENT)


def tally(found: list[Outcome]) -> dict[str, int]:
    """How many came out how."""
    values = [one.verdict for one in found]
    return {
        "all": len(values), "supported": values.count(1.0), "not_shown": values.count(0.0),
        "contradicted": values.count(-1.0), "unjudged": sum(math.isnan(value) for value in values),
    }  # fmt: skip


def parts(study: Study, name: str) -> tuple[str, ...]:
    """The first-order constructs a construct is made of: itself, or its dimensions."""
    return (study.constructs[name].dimensions if name in study.constructs else ()) or (name,)


def unreliable(study: Study, sources: Sources, names: tuple[str, ...]) -> list[str]:
    """First-order constructs behind these names whose omega is below the study's limit."""
    source = sources.get(f"{MEASURE}/reliability")
    if source is None:
        return []
    inner = dict.fromkeys(part for name in names for part in parts(study, name))
    return [name for name in inner if source.value(f"omega:{name}") < study.rules.reliability]


def entangled(study: Study, sources: Sources, one: Hypothesis) -> list[str]:
    """Pairs of first-order constructs, of two different constructs of the hypothesis, that are not distinct."""
    source = sources.get(f"{MEASURE}/htmt")
    if source is None:
        return []
    owner = {name: name for name in one.constructs}
    owner |= {part: name for name in one.constructs for part in parts(study, name)}
    found = []
    for pair in source.subjects("htmt"):
        a, _, b = pair.partition("~")
        apart = a in owner and b in owner and owner[a] != owner[b]
        if apart and source.value(f"htmt:{pair}") >= study.rules.htmt:
            found.append(pair)
    return found


def merged(study: Study, sources: Sources, one: Hypothesis) -> list[str]:
    """Pairs of the hypothesis's own constructs that are not distinct: what lies between them is not interpreted."""
    return [pair for pair in entangled(study, sources, one) if set(pair.split("~")) <= set(one.constructs)]


def reservations(study: Study, sources: Sources, one: Outcome) -> tuple[str, ...]:
    """What a verdict must not be told without: "merged" constructs that are not distinct, so that the effect is not
    interpreted; "fragile" where other defensible choices come to another verdict; "unreliable" measures."""
    if math.isnan(one.verdict):
        return ()
    if merged(study, sources, one.hypothesis):
        return ("merged",)
    term, other = f"stands:{one.hypothesis.id}", sources.get(f"{STRUCTURE}/sensitivity")
    found = ["fragile"] if other is not None and term in other and other.value(term) < 1 else []
    return (*found, *(["unreliable"] if unreliable(study, sources, one.hypothesis.constructs) else []))


def unusable(source: Source | None) -> bool:
    """Whether a covariance-based model did not converge or is not admissible."""
    return source is not None and any(check.name.startswith(NO_FIT) for check in source.result.failed)


def refused_groupings(study: Study, sources: Sources) -> list[str]:
    """Items over whose groups the constructs do not measure the same (metric invariance fails)."""
    found = []
    for grouping in study.groupings:
        ladder = sources.get(f"{GROUPS}/invariance_{grouping.name}")
        if ladder is not None and ladder.subjects("chi2") and ladder.value("holds:metric") == 0:
            found.append(grouping.name)
    return found


def lost_groupings(study: Study, sources: Sources) -> list[str]:
    """Items by which no groups could be compared."""
    found = []
    for grouping in study.groupings:
        ladder = sources.get(f"{GROUPS}/invariance_{grouping.name}")
        if ladder is not None and not ladder.subjects("chi2"):
            found.append(grouping.name)
    return found


def apart(source: Source, name: str) -> bool:
    """Whether the interval of a hypothesis's effect leaves out zero."""
    term = f"hypothesis:{name}"
    return source.value(term, "ci_low") > 0 or source.value(term, "ci_high") < 0


def shaky(study: Study, sources: Sources, item: str, path: str) -> list[str]:
    """Dimensions and composites on a path that are not measured alike in the groups of an item, if its paths are compared
    all the same: loadings that differ in single dimensions, composites that differ by PLS."""
    inner = [part for name in path.split("~") for part in parts(study, name)]
    alone, whole = sources.get(f"{GROUPS}/items_{item}"), sources.get(f"{GROUPS}/composites_{item}")
    found = [name for name in inner if alone is not None and alone.value(f"holds:{name}.metric") == 0]
    for name in path.split("~") if whole is not None else ():
        mine = [of for of in whole.subjects("invariant") if of.partition("@")[0] == name]  # type: ignore[union-attr]
        broken = any(whole.value(f"invariant:{of}") == 0 for of in mine)  # type: ignore[union-attr]
        found += [name] if broken and not set(parts(study, name)) & set(found) else []
    return list(dict.fromkeys(found))


def doubted(study: Study, sources: Sources, item: str, path: str) -> bool:
    """Whether PLS was asked as well and does not show the groups to differ in this path."""
    other = sources.get(f"{GROUPS}/pls_paths_{item}")
    terms = [f"p_holm_pair:{one}" for one in (other.subjects("p_holm_pair") if other is not None else ())]
    mine = [term for term in terms if term.startswith(f"p_holm_pair:{path}@")]
    return bool(mine) and all(other.value(term) >= study.rules.alpha for term in mine)  # type: ignore[union-attr]
