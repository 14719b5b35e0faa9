"""Formulas in the three languages of formulas: MathML for HTML, OMML for Word, Typst's own for PDF."""

from __future__ import annotations

from html import escape

from crmlab.present.formula import Atom, Fence, Frac, Node, Root, Row, Script, Sum

MATHML = {"letter": "mi", "name": "mtext", "number": "mn", "sign": "mo"}
TYPST_SIGNS = {",": "comma", "|": "bar.v", "<": "lt", ">": "gt", "·": "dot.op"}  # these have a meaning there


def mathml(node: Node, alt: str) -> str:
    """A formula as a MathML element of its own line; it always runs from left to right."""
    return (
        f'<math display="block" dir="ltr" xmlns="http://www.w3.org/1998/Math/MathML" alttext="{escape(alt)}">'
        f"{_mathml(node)}</math>"
    )


def _mathml(node: Node) -> str:
    if isinstance(node, Atom):
        tag = MATHML[node.kind]
        return f"<{tag}>{escape(node.text)}</{tag}>"
    if isinstance(node, Row):
        return f"<mrow>{''.join(map(_mathml, node.parts))}</mrow>"
    if isinstance(node, Frac):
        return f"<mfrac>{_mathml(node.over)}{_mathml(node.under)}</mfrac>"
    if isinstance(node, Root):
        return f"<msqrt>{_mathml(node.inside)}</msqrt>"
    if isinstance(node, Fence):
        return f"<mrow><mo>{escape(node.left)}</mo>{_mathml(node.inside)}<mo>{escape(node.right)}</mo></mrow>"
    if isinstance(node, Sum):
        high = _mathml(node.high) if node.high else ""
        tag = "munderover" if high else "munder"
        return f"<mrow><{tag}><mo>∑</mo>{_mathml(node.low)}{high}</{tag}>{_mathml(node.inside)}</mrow>"
    parts = [_mathml(part) for part in (node.base, node.low, node.high) if part is not None]
    tag = "msubsup" if len(parts) == 3 else "msub" if node.low is not None else "msup"
    return f"<{tag}>{''.join(parts)}</{tag}>"


def omml(node: Node) -> str:
    """A formula as Word writes it, without the element around it."""
    if isinstance(node, Atom):
        style = '<m:rPr><m:sty m:val="p"/></m:rPr>' if node.kind != "letter" else ""
        font = '<w:rPr><w:rFonts w:ascii="Cambria Math" w:hAnsi="Cambria Math"/></w:rPr>'
        return f'<m:r>{style}{font}<m:t xml:space="preserve">{escape(node.text)}</m:t></m:r>'
    if isinstance(node, Row):
        return "".join(map(omml, node.parts))
    if isinstance(node, Frac):
        return f"<m:f><m:num>{omml(node.over)}</m:num><m:den>{omml(node.under)}</m:den></m:f>"
    if isinstance(node, Root):
        hide = '<m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>'
        return f"<m:rad>{hide}<m:e>{omml(node.inside)}</m:e></m:rad>"
    if isinstance(node, Fence):
        signs = f'<m:begChr m:val="{escape(node.left)}"/><m:endChr m:val="{escape(node.right)}"/>'
        return f"<m:d><m:dPr>{signs}</m:dPr><m:e>{omml(node.inside)}</m:e></m:d>"
    if isinstance(node, Sum):
        high = f"<m:sup>{omml(node.high)}</m:sup>" if node.high else "<m:sup/>"
        hide = "" if node.high else '<m:supHide m:val="1"/>'
        head = f'<m:naryPr><m:chr m:val="∑"/><m:limLoc m:val="undOvr"/>{hide}</m:naryPr>'
        return f"<m:nary>{head}<m:sub>{omml(node.low)}</m:sub>{high}<m:e>{omml(node.inside)}</m:e></m:nary>"
    return _omml_script(node)


def _omml_script(node: Script) -> str:
    base = f"<m:e>{omml(node.base)}</m:e>"
    low = f"<m:sub>{omml(node.low)}</m:sub>" if node.low is not None else ""
    high = f"<m:sup>{omml(node.high)}</m:sup>" if node.high is not None else ""
    tag = "m:sSubSup" if low and high else "m:sSub" if low else "m:sSup"
    return f"<{tag}>{base}{low}{high}</{tag}>"


def typst(node: Node) -> str:
    """A formula in Typst's mathematical notation."""
    if isinstance(node, Atom):
        if node.kind == "sign":
            return TYPST_SIGNS.get(node.text, node.text)
        return node.text if node.kind in ("number", "letter") else f'"{_quoted(node)}"'
    if isinstance(node, Row):
        return " ".join(map(typst, node.parts))
    if isinstance(node, Frac):
        return f"frac({typst(node.over)}, {typst(node.under)})"
    if isinstance(node, Root):
        return f"sqrt({typst(node.inside)})"
    if isinstance(node, Fence):
        return f"lr({_bracket(node.left)} {typst(node.inside)} {_bracket(node.right)})"
    if isinstance(node, Sum):
        high = f"^({typst(node.high)})" if node.high else ""
        return f"sum_({typst(node.low)}){high} {typst(node.inside)}"
    low = f"_({typst(node.low)})" if node.low is not None else ""
    high = f"^({typst(node.high)})" if node.high is not None else ""
    return f"{typst(node.base)}{low}{high}"


def _quoted(node: Atom) -> str:
    return node.text.replace("\\", "\\\\").replace('"', '\\"')


def _bracket(sign: str) -> str:
    return {"(": "paren.l", ")": "paren.r", "[": "bracket.l", "]": "bracket.r", "|": "bar.v"}[sign]
