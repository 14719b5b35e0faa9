"""Step 07 as tables: rows of the ledger, the customer base, the models and their judgement."""

from __future__ import annotations

from crmlab.present.behaviour_words import Ways, model_name, money, money_digits
from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes, level_note

STATISTICS = ("mean", "sd", "q25", "median", "q75", "q90")
RULES = ("model", "pace", "mean", "recent", "recency", "rfm")
MONEY = ("spend", "total")


def head(ways: Ways, *keys: str) -> tuple[Spans, ...]:
    """Header cells whose words may name the unit or the currency."""
    return tuple(ways.said(f"clv.column.{key}") for key in keys)


def note(ways: Ways, key: str, **values: object) -> Paragraph:
    """A note below a table."""
    return Paragraph(ways.said(f"clv.note.{key}", **values), "note")


def base(source: Source, ways: Ways) -> Table:
    """07 base: how many customers, purchases and how much money, in which time."""
    language = ways.language
    days: Spans = fill(
        language.word("interval"),
        low=ways.day(source.value("first_day")),
        high=ways.day(source.value("last_day")),
    )
    share = source.cell("one_time_share", style="percent", digits=1)
    once: Spans = (
        *source.cell("one_time", style="integer"),
        " (",
        *share,
        language.word("percent_sign"),
        ")",
    )
    once = (Hidden(ways.threshold),) if few_once(source, ways) else once
    cells: list[tuple[str, Spans]] = [
        ("period", days),
        ("length", source.cell("length", digits=1)),
        ("customers", source.cell("customers", style="integer")),
        ("purchases", source.cell("purchases", style="integer")),
        ("revenue", (money(source, "revenue"),)),
        ("revenue_nominal", (money(source, "revenue_nominal"),) if "revenue_nominal" in source else ()),
        ("one_time", once),
    ]
    cells = [(key, spans) for key, spans in cells if spans]
    rows = tuple((ways.said(f"base.{key}"), spans) for key, spans in cells)
    few = (hidden_note(ways),) if few_once(source, ways) else ()
    notes = (note(ways, "purchase_days"), *real_note(ways), *few, *failed_notes(source, language))
    return Table(
        "base", ways.said("clv.caption.base"), head(ways, "quantity", "value"), rows, "sc", (2.4, 2.6), notes
    )


def few_once(source: Source, ways: Ways) -> bool:
    """Whether those who bought once, or those who did not, are too few to be told."""
    once, n = source.value("one_time"), source.value("customers")
    return 0 < once < ways.threshold or 0 < n - once < ways.threshold


def real_note(ways: Ways) -> tuple[Paragraph, ...]:
    """Of which month real money is."""
    return (note(ways, "real"),) if ways.real else ()


def rfm(source: Source, ways: Ways) -> Table:
    """07 base: distribution of recency, frequency and spend over customers."""
    rows = []
    for of in source.subjects("mean"):
        digits = money_digits(source.value(f"mean:{of}")) if of in MONEY else 1
        rows.append(
            (ways.said(f"rfm.{of}"), *(source.cell(f"{name}:{of}", digits=digits) for name in STATISTICS))
        )
    notes = (note(ways, "rfm"),)
    header = head(ways, "quantity", *STATISTICS)
    return Table("rfm", ways.said("clv.caption.rfm"), header, tuple(rows), "", (2.6, *[1.1] * 6), notes)


def cohort_revenue(source: Source, ways: Ways, ages: int = 8) -> Table | None:
    """07 cohorts: members of each cohort and its revenue per member, period by period."""
    names, cells_of = source.subjects("size"), source.subjects("revenue")
    if not cells_of:
        return None
    longest = max(int(of.rpartition(".")[2]) for of in cells_of)
    shown = list(range(min(longest + 1, ages)))
    largest = max(source.value(f"revenue:{of}") for of in cells_of)
    digits = money_digits(largest)
    rows, hidden = [], False
    for name in names:
        size = source.value(f"size:{name}")
        if size < ways.threshold:
            rows.append((_cohort(ways, name), (Hidden(ways.threshold),), *[(Hidden(),)] * len(shown)))
            hidden = True
            continue
        cells: list[Spans] = []
        for age in shown:
            few = 0 < source.value(f"buyers:{name}.{age}") < ways.threshold
            hidden = hidden or few
            cells.append((Hidden(),) if few else source.cell(f"revenue:{name}.{age}", digits=digits))
        rows.append((_cohort(ways, name), source.cell(f"size:{name}", style="integer"), *cells))
    header = (*head(ways, "cohort", "members"), *((ways.language.integer(age),) for age in shown))
    header = (*header[:2], *(_age(ways, age) for age in shown))
    notes = [
        note(ways, "cohorts", period=ways.language.word(f"cohort.{int(source.result.glance['months'])}"))
    ]
    notes += [hidden_note(ways)] if hidden else []
    widths = (1.3, 1.0, *[1.0] * len(shown))
    return Table(
        "cohort_revenue",
        ways.said("clv.caption.cohort_revenue"),
        header,
        tuple(rows),
        "",
        widths,
        tuple(notes),
    )


SOLAR = 1700  # years before this are of the solar calendar, whose quarters are its seasons


def _age(ways: Ways, age: int) -> Spans:
    return (Label(ways.language.digits(str(age))),)


def _cohort(ways: Ways, name: str) -> Spans:
    return (Label(cohort_name(ways.language, name)),)


def cohort_name(language: Language, name: str) -> str:
    """ "1997-01" as year and month, "1401-Q2" as year and quarter."""
    year, _, part = name.partition("-")
    if part.startswith("Q"):
        solar = language.rtl and int(year) < SOLAR
        key = f"cohort.season.{part[1:]}" if solar else "cohort.quarter"
        return language.word(key, year=language.digits(year), k=language.digits(part[1:]))
    return language.digits(f"{year}/{part}" if part else year)


def hidden_note(ways: Ways) -> Paragraph:
    """Why some cells are not printed."""
    limit = Fact("study/privacy_threshold", ways.threshold, "integer")
    return Paragraph(fill(ways.language.word("note.hidden"), limit=limit), "note")


def choice(source: Source, ways: Ways) -> Table:
    """07 choice: one row a model."""
    language, rows = ways.language, []
    judged = bool(source.subjects("mae"))
    for name in source.subjects("loglik"):
        sound = source.value(f"converged:{name}"), source.value(f"inside:{name}")
        state = "fine" if all(sound) else "boundary" if sound[0] else "unsettled"
        title = model_name(language, name)
        picked = source.value(f"chosen:{name}") == 1
        cells = [source.cell(f"loglik:{name}", digits=1)]
        cells += [source.cell(f"{q}:{name}", digits=1) for q in ("aic", "bic")]
        if judged:
            cells.append(source.cell(f"bic_calibration:{name}", digits=1))
            cells += [source.cell(f"{q}:{name}", digits=3) for q in ("mae", "rank")]
        rows.append(
            ((Strong(title) if picked else Label(title),), *cells, (language.word(f"fit_state.{state}"),))
        )
    columns = [
        "model",
        "loglik",
        "aic",
        "bic",
        *(["bic_calibration", "mae", "rank"] if judged else []),
        "fit_state",
    ]
    notes = [note(ways, "choice" if judged else "choice_bare"), *failed_notes(source, language)]
    widths = (1.5, 1.5, 1.4, 1.4, *([1.5, 1.0, 1.3] if judged else []), 1.6)
    return Table(
        "choice", ways.said("clv.caption.choice"), head(ways, *columns), tuple(rows), "", widths, tuple(notes)
    )


def purchase(source: Source, ways: Ways) -> Table:
    """07 purchase: the parameters of the chosen model and what they mean."""
    rows = _parameters(source, ways)
    rows.append(((ways.language.word("params.meaning"),),))
    for name in ("mean_rate", "cv_rate", "dropout_chance", "dropout_rate"):
        if name in source:
            interval = source.interval(name, ways.language, 3)
            rows.append((ways.said(f"param.{name}"), source.cell(name, digits=3), (EMPTY,), interval))
    notes = (level_note(source, ways.language), note(ways, "purchase"), *failed_notes(source, ways.language))
    title = Label(model_name(ways.language, source.result.model.removeprefix("model.")))
    caption = ways.said("clv.caption.purchase", model=title)
    header = head(ways, "parameter", "estimate", "se", "interval")
    return Table("purchase", caption, header, tuple(rows), "", (3.2, 1.1, 1.1, 1.7), notes)


def spend(source: Source, ways: Ways) -> Table:
    """07 spend: the Gamma-Gamma parameters, mean spend, and the correlation they rest on."""
    language, rows = ways.language, _parameters(source, ways)
    if rows:
        rows.append(((language.word("params.meaning"),),))
    for name in ("mean_observed", "mean_spend"):
        if name in source:
            rows.append((ways.said(f"param.{name}"), (money(source, name),), (EMPTY,), (EMPTY,)))
    for name in ("pearson", "spearman"):
        if name in source:
            rows.append((ways.said(f"param.{name}"), source.cell(name), (EMPTY,), (EMPTY,)))
    notes = (level_note(source, language), note(ways, "spend"), *failed_notes(source, language))
    header = head(ways, "parameter", "estimate", "se", "interval")
    return Table(
        "spend", ways.said("clv.caption.spend"), header, tuple(rows), "", (3.2, 1.1, 1.1, 1.7), notes
    )


def _parameters(source: Source, ways: Ways) -> list[tuple[Spans, ...]]:
    """Parameters by the letters of the papers; those of covariates are named by the study."""
    rows: list[tuple[Spans, ...]] = []
    for of in source.subjects("param"):
        digits = money_digits(source.value(f"param:{of}")) if of == "v" else 3
        key = f"param.letter.{of}"
        words = ways.said(key) if ways.language.knows(key) else (Label(of),)
        cells = [source.cell(f"param:{of}", column, digits=digits) for column in ("estimate", "std_error")]
        rows.append((words, *cells, source.interval(f"param:{of}", ways.language, digits)))
    return rows


def holdout(source: Source, ways: Ways) -> Table:
    """07 holdout: the model's errors beside those of naive rules."""
    language, rows = ways.language, []
    for rule in RULES:
        cells = [source.cell(f"total:{rule}", style="integer")]
        cells += [source.cell(f"{q}:{rule}", digits=3) for q in ("mae", "rmse", "rank")]
        if any(cell != (EMPTY,) for cell in cells):
            words = ways.said(f"naive.{rule}")
            rows.append(((Strong(language.plain(words)),) if rule == "model" else words, *cells))
    actual = source.cell("total:actual", style="integer")
    rows.append((ways.said("naive.actual"), actual, (EMPTY,), (EMPTY,), (EMPTY,)))
    notes = (note(ways, "holdout"), *failed_notes(source, language))
    header = head(ways, "rule", "total_purchases", "mae", "rmse", "rank")
    return Table(
        "holdout", ways.said("clv.caption.holdout"), header, tuple(rows), "", (3.4, 1.3, 1.0, 1.0, 1.3), notes
    )


def ledger_flow(source: Source, ways: Ways) -> Table:
    """02 ledger: rows read, refused by reason, admitted."""
    language = ways.language
    rows: list[tuple[Spans, ...]] = []
    for term in (str(term) for term in source.result.tidy["term"]):
        kind, _, reason = term.partition(":")
        if not language.knows(f"ledger.{kind}"):
            continue
        words: Spans = (Strong(language.word(f"ledger.{kind}")),)
        if reason:
            words = (f"{language.word(f'ledger.{kind}')}: ", *ledger_reason(language, reason))
        rows.append((words, source.cell(term, style="integer")))
    notes = failed_notes(source, language)
    return Table(
        "ledger_flow",
        ways.said("clv.caption.ledger_flow"),
        head(ways, "stage", "ledger_rows"),
        tuple(rows),
        "sc",
        (3.0, 1.0),
        notes,
    )


def ledger_reason(language: Language, reason: str) -> Spans:
    """Why rows were refused, in words."""
    for key in (f"ledger.reason.{reason}", f"reason.{reason}"):
        if language.knows(key):
            return (language.word(key),)
    return (Label(reason.replace("_", " ")),)
