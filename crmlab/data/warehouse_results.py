"""What a warehouse holds, as results: the load log reconciled with its tables, and who is known from where."""

from __future__ import annotations

from crmlab.data.warehouse import Warehouse, stored
from crmlab.files import sha256_text
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_frame

_KNOWN = """WITH bought AS ({bought}), named AS ({named}),
log AS (SELECT t.customer, b.customer IS NOT NULL AS hit, n.customer IS NULL AS lost
  FROM {table} t LEFT JOIN bought b ON t.customer = b.customer LEFT JOIN named n ON t.customer = n.customer)
SELECT count(DISTINCT customer), count(DISTINCT customer) FILTER (hit), count(DISTINCT customer) FILTER (lost),
  count(*) FILTER (lost AND customer IS NOT NULL), count(*) FILTER (customer IS NULL), count(*) FROM log"""


def loads(warehouse: Warehouse) -> Result:
    """Rows of each load and of each table.

    Terms are `read:<load>`, `refused:<load>`, `kept:<load>`, `superseded:<load>` (rows of older systems that this
    load replaced) and `stored:<load>`, a load being `<table>.<source>`. What a table holds of all its sources must be
    what was kept of them, less what was superseded; `check.reconciled:<table>` fails otherwise.
    """
    log, held = warehouse.table("loads"), stored(warehouse)
    rows: list[dict[str, object]] = []
    for entry in log.itertuples(index=False):
        name = f"{entry.target}.{entry.source}"
        there = held.get(str(entry.target), {}).get(entry.source, 0)
        counts = {
            "read": entry.read,
            "refused": entry.refused,
            "kept": entry.kept,
            "superseded": entry.superseded,
        }
        rows += [
            {"term": f"{kind}:{name}", "estimate": n} for kind, n in (counts | {"stored": there}).items()
        ]
    checks = []
    for target, parts in log.groupby("target", sort=False):
        lost = int(parts["kept"].sum() - parts["superseded"].sum() - sum(held.get(str(target), {}).values()))
        rule = "stored = kept - superseded, over all sources of a table"
        checks.append(
            Check(f"check.reconciled:{target}" if lost else "check.reconciled", lost == 0, lost, rule)
        )
    kept = int(log["kept"].sum())
    source = {
        f"{one.target}.{one.source}_sha256": str(one.file_sha256) for one in log.itertuples(index=False)
    }
    return Result(
        "model.loads", tidy_frame(rows), {"loads": len(log), "kept": kept}, _once(checks), source | versions()
    )


def coverage(warehouse: Warehouse) -> Result:
    """Who is known from where.

    `customers:<table>` are the people a table knows, `matched:<table>` those of them who have transactions,
    `unmatched:<table>` those who have none, `share:<table>` the share matched, `without:<table>` customers with
    transactions whom the table does not know. `orphans:<table>` are people whom no row of a ledger names, refused rows
    included, and `orphan_rows:<table>` their rows; `nameless_rows:<table>` rows without a person,
    `repeated_rows:<table>` rows of people who have an earlier one (respondents only).
    """
    rows: list[dict[str, object]] = []
    with warehouse.connect() as base:

        def ask(sql: str) -> list[float]:
            return [float(value or 0) for value in base.execute(sql).fetchall()[0]]

        total = 0.0
        if warehouse.has("transactions"):
            (total,) = ask("SELECT count(DISTINCT customer) FROM transactions")
            rows.append({"term": "customers:transactions", "estimate": total})
        for name in [name for name in ("respondents", "contacts") if warehouse.has(name)]:
            people, matched, orphans, orphan_rows, nameless, all_rows = ask(_KNOWN.format(
                table=name,
                bought=_distinct(warehouse, "transactions"),
                named=f"{_distinct(warehouse, 'transactions')} UNION {_distinct(warehouse, 'unkept')}",
            ))  # fmt: skip
            numbers = {
                "customers": people, "matched": matched, "unmatched": people - matched,
                "share": matched / people if people else float("nan"), "without": total - matched,
                "orphans": orphans, "orphan_rows": orphan_rows, "nameless_rows": nameless,
            }  # fmt: skip
            if name == "respondents":
                numbers["repeated_rows"] = all_rows - nameless - people
            rows += [{"term": f"{kind}:{name}", "estimate": value} for kind, value in numbers.items()]
    return Result("model.coverage", tidy_frame(rows), {"customers": total}, (), _source(warehouse))


def _source(warehouse: Warehouse) -> dict[str, str]:
    """Hashes of what was loaded: of all together, and load by load."""
    each = {
        f"{one.target}.{one.source}": str(one.file_sha256)
        for one in warehouse.table("loads").itertuples(index=False)
    }
    whole = sha256_text(*(part for pair in sorted(each.items()) for part in pair))
    return {"data_sha256": whole, **{f"{name}_sha256": digest for name, digest in each.items()}, **versions()}


def _distinct(warehouse: Warehouse, table: str) -> str:
    return (
        f"SELECT DISTINCT customer FROM {table}"
        if warehouse.has(table)
        else "SELECT CAST(NULL AS VARCHAR) AS customer WHERE false"
    )


def _once(checks: list[Check]) -> tuple[Check, ...]:
    """The failed checks, or one that holds for all."""
    failed = [check for check in checks if not check.ok]
    return tuple(failed or checks[:1])
