"""Which counts of a variable may be printed, so that no cell and no total gives a small group away."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.present.blocks import Hidden


def withheld(counts: Mapping[str, float], threshold: int) -> dict[str, Hidden]:
    """The cells of one variable that are not printed, and what stands in their place.

    A count from 1 to `threshold` - 1 is printed as "< threshold". While the hidden cells could be worked out from
    the total (there is one only, or together they are still too few), the next smallest cell is hidden too.

    Examples
    --------
    >>> withheld({"1": 200, "2": 40, "3": 3}, 5)
    {'3': Hidden(limit=5), '2': Hidden(limit=0)}
    """
    small = {key: Hidden(threshold) for key, count in counts.items() if 0 < count < threshold}
    if not small:
        return {}
    hidden = dict(small)
    others = sorted(
        (key for key in counts if key not in small and counts[key] > 0), key=lambda key: counts[key]
    )
    while others and (len(hidden) < 2 or sum(counts[key] for key in hidden) < threshold):
        hidden[others.pop(0)] = Hidden()
    return hidden
