"""What a study asks of its channels, as the functions of other rooms take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlab.study import spec as schema
    from crmlab.study.study import Study

SERVICE = ("SAT", "CHN")


def bad_channels(content: schema.StudyFile) -> Iterable[str]:
    """Constructs of `channels` that there are not, one line each."""
    known = [name for name, construct in content.constructs.items() if construct.items]
    for name in content.channels.constructs:
        if name not in known:
            yield f"channels.constructs names '{name}', which is no construct with items"


def service_scales(study: Study) -> dict[str, Any]:
    """Constructs that are compared across channels, as `structure.same_scales` takes them; empty where there are none."""
    asked = study.spec.channels
    names = [name for name in asked.constructs or SERVICE if name in study.blocks]
    if not names or not study.asks(asked.item):
        return {}
    chosen = study.estimator.covariance.estimator
    return {
        "constructs": {name: study.blocks[name] for name in names},
        "item": asked.item,
        "least": study.spec.comparison.least,
        "estimator": "MLR" if chosen == "WLSMV" else chosen,
        "rule": study.spec.comparison.rule,
        "partial": study.spec.comparison.partial,
    }
