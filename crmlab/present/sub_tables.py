"""Paths between dimensions as tables: one model for every set of constructs that stand aside for theirs."""

from __future__ import annotations

from crmlab.present import model_tables
from crmlab.present.blocks import Label, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import listed


def name_of(source: Source) -> str:
    """The model: the constructs that stand aside, joined."""
    return source.address.rpartition("sub_paths_")[2]


def split(source: Source, language: Language) -> Spans:
    """The constructs whose dimensions stand in the model."""
    return listed(language, [(Label(language.name(name)),) for name in name_of(source).split("_")])


def tables(source: Source, language: Language) -> tuple[Table, ...]:
    """05 sub_paths_<model>: the paths, by PLS or by covariance-based SEM, and the variance explained."""
    make = model_tables.latent_paths if source.subjects("z") else model_tables.paths
    made = (make(source, language, "sub_paths"), model_tables.explained(source, language, "sub_explained"))
    return tuple(_named(table, source, language) for table in made)


def _named(table: Table, source: Source, language: Language) -> Table:
    """The table under its own key, its caption with the names of the constructs."""
    words = "".join(span for span in table.caption if isinstance(span, str))
    caption = fill(words, name=split(source, language))
    notes = table.notes if table.key == "sub_paths" else table.notes[:1]  # what failed is told once
    key = f"{table.key}_{name_of(source)}"
    return Table(key, caption, table.header, table.rows, table.align, table.widths, notes)
