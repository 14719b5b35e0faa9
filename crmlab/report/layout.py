"""What must hold together on a line, and which tables need a page turned on its side."""

from __future__ import annotations

from collections.abc import Sequence

from crmlab.present.blocks import (
    Block,
    Fact,
    Paragraph,
    Spans,
    Table,
)
from crmlab.present.language import NBSP

OVERRIDES = frozenset("\u202a\u202b\u202d\u202e")


WIDE = 10  # columns beyond which a table stands on a page turned on its side


ISOLATES = frozenset("\u2066\u2067\u2068")
EMBEDDED, ISOLATED = "\u202c", "\u2069"  # what ends them


def kept_together(spans: Spans) -> Spans:
    """Spans in which "p" does not part from its number at the end of a line."""
    if not any(isinstance(span, Fact) and span.style == "p_relation" for span in spans):
        return spans
    found = list(spans)
    for k, span in enumerate(found[1:]):
        before = found[k]
        if (
            isinstance(span, Fact)
            and span.style == "p_relation"
            and isinstance(before, str)
            and before.endswith(" ")
        ):
            found[k] = before[:-1] + NBSP
    return tuple(found)


def contained(text: str) -> str:
    """A label whose direction marks end where it ends, the last one opened first."""
    if text.isascii():
        return text
    ends: list[str] = []
    for char in text:
        if char in OVERRIDES:
            ends.append(EMBEDDED)
        elif char in ISOLATES:
            ends.append(ISOLATED)
        elif char == EMBEDDED and ends and ends[-1] == EMBEDDED:
            ends.pop()
        elif char == ISOLATED and ISOLATED in ends:
            while ends.pop() != ISOLATED:
                pass  # what was embedded inside ends with it
    return text + "".join(reversed(ends))


def wide(table: Table) -> bool:
    """Whether a table needs a page turned on its side."""
    return len(table.header) > WIDE


def spreads(blocks: Sequence[Block]) -> list[tuple[bool, list[Block]]]:
    """Blocks in runs of upright pages and of pages on their side; a paragraph between two wide tables stays with them."""
    turned = [isinstance(block, Table) and wide(block) for block in blocks]
    for k in range(1, len(blocks) - 1):
        if isinstance(blocks[k], Paragraph) and turned[k - 1] and turned[k + 1]:
            turned[k] = True
    found: list[tuple[bool, list[Block]]] = []
    for side, block in zip(turned, blocks, strict=True):
        if found and found[-1][0] is side:
            found[-1][1].append(block)
        else:
            found.append((side, [block]))
    return found
