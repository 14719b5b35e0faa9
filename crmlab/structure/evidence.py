"""What saved results say to hypotheses of every kind: the estimate each is judged by, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crmlab.result import Result
from crmlab.structure.explained import product_interval
from crmlab.structure.group_gaps import Gap, equal_paths_p, gaps_of, largest, two_groups, ways, welch_p
from crmlab.structure.verdicts import CONTRADICTED, NOT_SHOWN, SUPPORTED, verdict
from crmlab.study.hypotheses import OFFICES, Hypothesis

STRUCTURE, GROUPS = "05_structure_mediation", "06_lifecycle_groups"
WORTH, MAP = "08_value_of_rq", "10_enterprise_map"
NO_DATA, NOT_RUN, REFUSED, TOO_FEW, IMPOSSIBLE, NO_MARGIN, BEFORE, FEW_MATCHED = range(1, 9)
AFTERWARDS = "check.answers_before_purchases"
COLUMNS = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
Results = Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a hypothesis is judged by.

    Attributes
    ----------
    row : the estimate with its error, interval and p, as columns of a tidy table
    verdict : 1 supported, 0 not shown, -1 contradicted, NaN not testable
    small : of what is not shown: 1 too small to matter, 0 imprecise, NaN where nobody said what matters
    untested : why it is not testable: 1 the study has no such data, 2 the step did not run, 3 measures are not
        invariant, 4 too few groups, 5 it could not be computed, 6 no margin was set, 7 the purchases came before the answers, 8 too few who answered
        have purchases; 0 if it is
    """

    row: Mapping[str, float]
    verdict: float
    small: float = math.nan
    untested: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that was set beforehand.

    Attributes
    ----------
    alpha : of a test
    smallest : smallest standardised effect that matters; None if nobody said
    smallest_path : smallest difference of paths of two groups that matters, in the unit of the paths
    held : data beside the answers: "offices" (a panel of offices), "purchases" (of those who answered)
    """

    alpha: float = 0.05
    smallest: float | None = None
    smallest_path: float | None = None
    held: frozenset[str] = frozenset()

    def absent(self, what: str) -> int:
        """Why there is no result: the step did not run, or there are no data for it."""
        return NOT_RUN if what in self.held else NO_DATA


def untested(reason: int) -> Evidence:
    """No verdict, and why."""
    return Evidence({}, math.nan, untested=reason)


def of_paths(one: Hypothesis, found: Result | None, rule: Rule) -> Evidence:
    """A direct effect or a mediation: as `judge` found it."""
    if found is None:
        return untested(NOT_RUN)
    if f"verdict:{one.id}" not in found:
        return untested(IMPOSSIBLE)
    row = {column: found.cell(f"hypothesis:{one.id}", column) for column in COLUMNS}
    said = found[f"verdict:{one.id}"]
    if math.isnan(said):
        return untested(IMPOSSIBLE)
    return Evidence(row, said, _small(said, [Gap(row["estimate"], row["std_error"])], rule.smallest, rule))


def of_moderation(one: Hypothesis, results: Results, rule: Rule) -> Evidence:
    """What a moderator changes: the product of a regression, or the index of moderated mediation."""
    found = results.get(f"{STRUCTURE}/process_{one.id}")
    if found is None:
        return untested(NOT_RUN)
    if _failed(found, "check.possible"):
        return untested(IMPOSSIBLE)
    terms = _changed(one, found)
    rows = [{column: found.cell(term, column) for column in COLUMNS} for term in terms]
    if not rows or math.isnan(rows[0]["p_value"]):
        return untested(IMPOSSIBLE)
    if len(rows) == 1:
        return Evidence(rows[0], verdict(rows[0]["ci_low"], rows[0]["ci_high"], one.sign))
    row = min(rows, key=lambda row: row["p_value"])  # categories have no order, so no direction is judged
    if one.kind == "moderation":
        p = found.cell(f"r2_change:{one.target}~{one.source}*{one.moderator}", "p_value")
    else:
        p = min(1.0, row["p_value"] * len(rows))
    return Evidence({**row, "p_value": p}, _shown(p, rule.alpha))


def _changed(one: Hypothesis, found: Result) -> list[str]:
    """Terms that say how much the moderator changes; one a category but the first."""
    if one.kind == "moderation":
        start = f"coef:{one.target}~{one.source}*{one.moderator}"
    else:
        subject = f"{one.target}~{one.via[0]}~{one.source}"
        start = f"index:{subject}" if one.model in (7, 8, 14, 15) else f"contrast:{subject}@"
    terms = [str(term) for term in found.tidy["term"] if str(term).startswith(start)]
    whole = [term for term in terms if term == f"{start}high-low"]
    return whole or terms


def of_groups(one: Hypothesis, results: Results, rule: Rule) -> Evidence:
    """Groups that differ, or do not, in a path, in all paths of a way, or in a mean."""
    name = "paths" if one.source else "means"
    found = next((results[at] for at in _addresses(one) if at in results and _speaks(results[at], one)), None)
    if found is None:
        composites = results.get(f"{GROUPS}/composites_{one.groups}")
        return untested(NOT_RUN) if composites is None else _of_composites(one, composites, rule)
    refused = ("check.comparable", "check.comparable_means", f"check.comparable_dimension:{one.target}")
    if any(_failed(found, name) for name in refused):
        return untested(REFUSED)
    if reason := _nothing(found):
        return untested(reason)
    wanted = ways(one, found) if one.source else [one.target]
    gaps = [gap for subject in wanted for gap in gaps_of(found, name, subject)]
    if not gaps and any(check.name == f"check.comparable:{way}" for check in found.failed for way in wanted):
        return untested(REFUSED)
    if one.kind == "equivalence":
        return _equivalent(one, gaps, rule) if gaps else untested(IMPOSSIBLE)
    p = equal_paths_p(found, wanted) if one.source else welch_p(found, one.target)
    if math.isnan(p):
        return untested(IMPOSSIBLE)
    said = _shown(p, rule.alpha)
    least = rule.smallest_path if one.source else rule.smallest
    level = found.glance.get("level", 0.95)
    row = largest(gaps, level, p) if gaps else {"p_value": p}
    return Evidence(row, said, _small(said, gaps, least, rule))


def of_offices(one: Hypothesis, results: Results, rule: Rule) -> Evidence:
    """From one office to another: the path, or the product of the paths along the way."""
    found = results.get(f"{MAP}/office_paths")
    if found is None:
        return untested(rule.absent("offices"))
    nodes = [OFFICES[name] for name in one.constructs]
    terms = [f"path:{b}~{a}" for a, b in pairwise(nodes)]
    steady = results.get(f"{MAP}/steady")
    if not one.via and nodes[0] == "MO" and terms[0] not in found and steady is not None:
        return _lasting(one, nodes[-1], steady)
    if any(term not in found for term in terms):
        return untested(IMPOSSIBLE)
    rows = [{column: found.cell(term, column) for column in COLUMNS} for term in terms]
    if any(math.isnan(row["std_error"]) for row in rows):
        return untested(IMPOSSIBLE)
    row = rows[0]
    if len(rows) > 1:
        level = found.glance.get("level", 0.95)
        way = product_interval([r["estimate"] for r in rows], [r["std_error"] for r in rows], level=level)
        row = {column: way.cell("indirect", column) for column in COLUMNS}
    return Evidence(row, verdict(row["ci_low"], row["ci_high"], one.sign))


def _lasting(one: Hypothesis, node: str, steady: Result) -> Evidence:
    """The whole effect of the middle office's budget, from where a cut of one standard deviation ends."""
    if f"steady:{node}" not in steady:
        return untested(IMPOSSIBLE)
    low, high = steady.cell(f"steady:{node}", "ci_low"), steady.cell(f"steady:{node}", "ci_high")
    row = {"estimate": -steady[f"steady:{node}"], "ci_low": -high, "ci_high": -low}
    row["std_error"] = steady.cell(f"steady:{node}", "std_error")
    return Evidence(row, verdict(row["ci_low"], row["ci_high"], one.sign))


def of_behaviour(one: Hypothesis, results: Results, rule: Rule) -> Evidence:
    """What customers do: only where the questionnaire was joined with the ledger, and the ledger goes on after it."""
    term = f"path:{'~'.join(reversed(one.constructs))}"
    ran = [results[address] for address in sorted(results) if address.startswith(f"{WORTH}/")]
    if any(_failed(found, "check.matched_enough") for found in ran):
        return untested(FEW_MATCHED)
    order = any(check.name == AFTERWARDS and check.ok for found in ran for check in found.checks)
    for found in ran:
        if term in found:
            if not order:
                return untested(BEFORE)
            row = {column: found.cell(term, column) for column in COLUMNS}
            said = verdict(row["ci_low"], row["ci_high"], one.sign)
            return untested(IMPOSSIBLE) if math.isnan(said) else Evidence(row, said)
    return untested(IMPOSSIBLE if ran else rule.absent("purchases"))


def _addresses(one: Hypothesis) -> list[str]:
    """Where groups are compared: by covariance-based models, or by PLS; a mean may be that of a dimension."""
    names = ("paths", "pls_paths") if one.source else ("means", "dimensions")
    return [f"{GROUPS}/{name}_{one.groups}" for name in names]


def _speaks(found: Result, one: Hypothesis) -> bool:
    """Whether a comparison is about the hypothesis: one of means holds its target, or says why it holds nothing."""
    if one.source or not len(found.tidy):
        return True
    refused = f"check.comparable_dimension:{one.target}"
    return f"eta2:{one.target}" in found or any(check.name == refused for check in found.failed)


def _of_composites(one: Hypothesis, found: Result, rule: Rule) -> Evidence:
    """Means of composites (PLS): where they are the same in all groups, p by permutation, errors of independent means."""
    if reason := _nothing(found):
        return untested(reason)
    rows = found.select("mean_difference")
    rows = rows[rows.index.str.startswith(f"{one.target}@")]
    if one.source or not len(rows):
        return untested(IMPOSSIBLE)
    if any(not found[f"invariant:{at}"] > 0 for at in rows.index):
        return untested(REFUSED)
    sizes = {str(k): float(v) for k, v in found.select("n")["estimate"].items()}
    pairs = [[sizes.get(name, math.nan) for name in two_groups(str(at), one.groups)] for at in rows.index]
    gaps = [
        Gap(float(size), math.sqrt(sum(1 / n for n in pair)))
        for size, pair in zip(rows["estimate"], pairs, strict=True)
        if all(n > 0 for n in pair)
    ]
    if one.kind == "equivalence":
        return _equivalent(one, gaps, rule) if gaps else untested(IMPOSSIBLE)
    p = min(1.0, float(rows["p_value"].min()) * len(rows))
    said = _shown(p, rule.alpha)
    row = largest(gaps, found.glance.get("level", 0.95), p) if gaps else {"p_value": p}
    return Evidence(row, said, _small(said, gaps, rule.smallest, rule))


def _equivalent(one: Hypothesis, gaps: Sequence[Gap], rule: Rule) -> Evidence:
    """Every difference within the margin: the largest p is the p of all (intersection-union)."""
    margin = one.margin or (rule.smallest_path if one.source else rule.smallest)
    if margin is None:
        return untested(NO_MARGIN)
    level = 1 - 2 * rule.alpha
    p = max(gap.equivalence_p(margin) for gap in gaps)
    ends = [gap.bounds(level) for gap in gaps]
    beyond = any(low >= margin or high <= -margin for low, high in ends)
    said = SUPPORTED if p < rule.alpha else CONTRADICTED if beyond else NOT_SHOWN
    return Evidence(largest(gaps, level, p), said, 0.0 if said == NOT_SHOWN else math.nan)


def _small(said: float, gaps: Sequence[Gap], smallest: float | None, rule: Rule) -> float:
    """Of what is not shown: shown to be too small to matter (1), or open (0)."""
    if said != NOT_SHOWN or smallest is None:
        return math.nan
    known = [gap for gap in gaps if gap.error > 0]
    if not known:
        return math.nan
    ends = [gap.bounds(1 - 2 * rule.alpha) for gap in known]
    return float(all(-smallest < low and high < smallest for low, high in ends))


def _shown(p: float, alpha: float) -> float:
    return SUPPORTED if p < alpha else NOT_SHOWN


def _nothing(found: Result) -> int:
    """Why a comparison of groups is empty; 0 if it is not."""
    if any(check.name.startswith("check.two_groups") for check in found.failed):
        return TOO_FEW
    return IMPOSSIBLE if _failed(found, "check.possible") else 0


def _failed(found: Result, name: str) -> str:
    """The rule of a failed check; empty if there is none."""
    return next((check.rule for check in found.failed if check.name == name), "")
