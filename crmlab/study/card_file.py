"""The design card of a study: `design_card.json` beside its study file, written once, before data."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from crmlab.errors import StudyError
from crmlab.result import Check, Result, tidy_frame
from crmlab.study.design_card import DesignCard, Deviation, deviations, freeze, load_card
from crmlab.study.study import Study

NAME = "design_card.json"
KINDS = {"added": 1, "changed": 2, "removed": 3}
LONGEST = 60  # letters of a value that are told
ARROW = " -> "


def card_path(study: Study) -> Path:
    """Where the study's card stands."""
    return study.folder / NAME


def freeze_study(study: Study, date: str = "") -> tuple[Path, DesignCard]:
    """Freeze the design of a study beside its file; what was frozen is never overwritten.

    Raises
    ------
    StudyError
        There is a card already, or the study file has no part `design`.
    """
    path = card_path(study)
    if not study.has_design:
        raise StudyError(
            "there is no design to freeze",
            file=study.file,
            key="design",
            hint="design: {effects: {H1: 0.3}, n: 300}",
        )
    if path.exists():
        raise StudyError(
            f"the design was frozen already, with the hash {load_card(path).sha256[:16]}",
            file=path,
            hint="crmlab run lists what has changed since; a new design is a new study",
        )
    direct = {h.id for h in study.hypotheses if h.kind == "direct"}
    expected = {name: value for name, value in study.design.effects.items() if name in direct}
    card = freeze(study, expected=expected, sample_size=study.design.n, date=date)
    return card.save(path), card


def kept_to(study: Study) -> Result:
    """Was a design frozen, and is the study still as it was frozen?

    Returns
    -------
    Result
        `frozen` (1 or 0), `deviations` (count), `deviation:<place>` (1 added, 2 changed, 3 removed), each also a
        failed check whose rule holds what was frozen and what stands there now; the card's hash in `source`.

    Raises
    ------
    StudyError
        The card was changed by hand: its hash does not fit.
    """
    path = card_path(study)
    if not path.exists():
        return Result("model.design_card", tidy_frame([{"term": "frozen", "estimate": 0}]))
    card = load_card(path)
    found = deviations(card, study)
    rows: list[dict[str, object]] = [
        {"term": "frozen", "estimate": 1},
        {"term": "deviations", "estimate": len(found)},
    ]
    rows += [{"term": f"deviation:{one.place}", "estimate": KINDS[one.kind]} for one in found]
    checks = tuple(Check(f"check.deviation:{one.place}", False, math.nan, told(one)) for one in found)
    source = {"card_sha256": card.sha256, "date": str(card.content.get("date", ""))}
    return Result("model.design_card", tidy_frame(rows), {}, checks, source)


def told(one: Deviation) -> str:
    """What was frozen, an arrow, what stands there now."""
    return f"{_short(one.before)}{ARROW}{_short(one.after)}"


def _short(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = text.replace(ARROW, " to ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
