"""The study file's part on actions: what may be offered to whom, and how the learning loop turns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from crmlab.study.strict_model import Cells, Strict, TableFile

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")]
Cost = Annotated[float, Field(ge=0, strict=False)]
Share = Annotated[float, Field(gt=0, le=1, strict=False)]
PHASES = {
    "source": ("discovery", "interaction", "planning", "refinement"),
    "swift2001": ("discovery", "planning", "interaction", "refinement"),
}


class Named(Strict):
    """A name in both languages."""

    en: Annotated[str, Field(min_length=1, max_length=80)]
    fa: Annotated[str, Field(min_length=1, max_length=80)]

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


class Offer(Strict):
    """Something that is offered in a contact.

    Attributes
    ----------
    label : its name
    margin : money that one accepted offer brings before the costs of contact; "purchase" takes the mean margin of one
        purchase of the segment, from the ledger
    months : the margin comes every month for so long, discounted by `behaviour.discount_rate`; 0 is once, now
    cost : of the offer itself, each time it is made
    topics, personalised : contacts of the log that made this offer; a contact counts for the first offer it fits
    """

    label: Named
    margin: Annotated[float, Field(gt=0, strict=False)] | Literal["purchase"]
    months: Annotated[int, Field(ge=0, le=120)] = 0
    cost: Cost = 0.0
    topics: Cells = ()
    personalised: bool | None = None

    @model_validator(mode="after")
    def _known_by_something(self) -> Offer:
        if not self.topics and self.personalised is None:
            raise ValueError("give topics or personalised, so that its contacts are known in the log")
        return self


class Channel(Strict):
    """A way to reach customers.

    Attributes
    ----------
    label : its name
    words : what the log calls it
    cost : of one contact
    capacity : contacts in one cycle; null for no limit
    """

    label: Named
    words: Annotated[Cells, Field(min_length=1)]
    cost: Cost = 0.0
    capacity: Annotated[int, Field(ge=0)] | None = None


class Slice(Strict):
    """Contacts of the log whose personal form was drawn by lot: those whose column is one of `values`."""

    column: Literal["topic", "channel", "phase", "office", "direction"]
    values: Annotated[Cells, Field(min_length=1)]


class Answering(Strict):
    """When a need that a customer tells counts as met.

    Attributes
    ----------
    direction : words for contacts that customers began
    topics : words for needs; all topics of such contacts without any
    days : a later contact on the same topic may still meet it
    """

    direction: Cells = ("in",)
    topics: Cells = ()
    days: Annotated[int, Field(ge=0, le=365)] = 30


class Overrides(TableFile):
    """What people decided against the plan: columns cycle, segment, offer, channel, decision, role, reason.

    A blank cycle, segment, offer or channel means all of them. `decision` is "forbid" or "only". `role` is one of
    `roles`: a function, never a name.
    """

    roles: Annotated[Cells, Field(min_length=1)]

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "actions.overrides"


class Actions(Strict):
    """What may be offered to customers, through which channels, within which limits.

    Attributes
    ----------
    offers, channels : what may be done, and how
    accepted : words of the log's outcome that mean yes; any other word means no, a blank says nothing
    direction : words for contacts that the company began; without any, all contacts count
    randomised : contacts whose personal form was drawn by lot
    timing : hours that part the day: [12, 16] makes before 12, 12 to 16, after 16; contacts at any hour without any
    budget : money for the contacts of one cycle; null for no limit
    contact_limit : contacts of one customer in a cycle
    holdout : share of customers who get nothing, drawn by lot, so that the others can be compared with them
    lost_below : customers whose probability of being active is lower are not contacted
    overrides : decisions of people, by their role
    needs : when a need that a customer tells counts as met
    """

    offers: Annotated[dict[Key, Offer], Field(min_length=1, max_length=12)]
    channels: Annotated[dict[Key, Channel], Field(min_length=1, max_length=12)]
    accepted: Annotated[Cells, Field(min_length=1)]
    direction: Cells = ()
    randomised: Slice | None = None
    timing: Annotated[tuple[Annotated[int, Field(ge=1, le=23)], ...], Field(strict=False, max_length=3)] = ()
    budget: Cost | None = None
    contact_limit: Annotated[int, Field(ge=1, le=12)] = 1
    holdout: Annotated[float, Field(gt=0, le=0.5, strict=False)] = 0.10
    lost_below: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.05
    overrides: Overrides | None = None
    needs: Answering = Answering()

    @field_validator("timing")
    @classmethod
    def _rising(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("hours must rise")
        return value


class Prior(Strict):
    """What is thought of a response rate before any contact: a rate, and how many contacts that is worth."""

    rate: Annotated[float, Field(gt=0, lt=1)]
    strength: Annotated[float, Field(gt=0, le=10_000, strict=False)] = 10.0


class Swift(Strict):
    """How the learning loop turns.

    Attributes
    ----------
    start : first day of cycle 1, in the calendar of the contacts; contacts before it are the past that the prior is
        learned from. Without it the loop starts with the month of the first contact
    months : length of a cycle
    order : of the phases where they are shown: "source" (discovery, interaction, planning, analysis) or "swift2001"
        (planning before interaction). They are carried out in the order of causes, planning first, whatever is shown
    policy : "thompson" (each action as often as it may be the best one) or "mean" (the best expected one, with a
        share `explore` of the contacts drawn by lot)
    explore : share of contacts drawn by lot under "mean"
    prior : "history" (learned from the contacts before `start`, offer by offer), "flat" (Beta(.5, .5)), or given
    discount : weight of all earlier cycles in each new one; 1 forgets nothing
    drift : chance of a false alarm in a cycle in which nothing moved
    forget : weight of what was learnt before once an alarm says that a rate has moved
    draws : parts that a cycle is planned in under "thompson"
    alpha : chance of ever claiming a difference that is none
    """

    start: str | None = None
    months: Annotated[int, Field(ge=1, le=24)] = 3
    order: Literal["source", "swift2001"] = "source"
    policy: Literal["thompson", "mean"] = "thompson"
    explore: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.10
    prior: Literal["history", "flat"] | Prior = "history"
    discount: Share = 1.0
    drift: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    forget: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.2
    draws: Annotated[int, Field(ge=2, le=200)] = 10
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
