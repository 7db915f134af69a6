"""A phase: one window of a track, with its own references, times, quota and feedback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, field_validator, model_validator

from evaluator.declaration import Declaration, Name
from evaluator.texts import Bilingual, Sentence, _

Feedback = Literal["items", "scores", "rounded", "none"]
Counts = Literal["latest", "best"]
AtLeastOne = Annotated[int, Field(ge=1)]


class Quota(Declaration):
    """How many submissions a team has: in a day of that time zone, and in all."""

    per_day: AtLeastOne | None = None
    total: AtLeastOne | None = None
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"there is no time zone {name!r}; write one such as Asia/Shanghai"
            ) from None
        return name

    @model_validator(mode="after")
    def _limits_something(self) -> Quota:
        if self.per_day is None and self.total is None:
            raise ValueError("a quota needs per_day, total or both")
        return self

    def day_start(self, moment: datetime) -> datetime:
        """Return when the day of a moment began, in UTC."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    def day_end(self, moment: datetime) -> datetime:
        """Return when the day of a moment ends, in that zone; with a clock change it is no 24 h."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


class Phase(Declaration):
    """One window of a track; `references: hidden` keeps answers from the web process.

    `folder` is where its items lie in the challenge, by default the track's id. Submissions are
    taken from `opens` until just before `closes`. `feedback` is what a team is told while the phase
    is open: every item (open references only), scores, scores rounded to `rounded_to` points, or
    none. `counts` says which submission of a model stands on the board, which is public from
    `visible` on.

    With `part_of` it is a private part of another phase: its items travel in that phase's question
    pack, are scored from the same upload, once, and shown from `visible` on.
    """

    id: Name
    title: Bilingual
    references: Literal["open", "hidden"]
    folder: Name | None = None
    opens: AwareDatetime | None = None
    closes: AwareDatetime | None = None
    quota: Quota | None = None
    feedback: Feedback | None = None
    rounded_to: Annotated[float, Field(gt=0, le=50)] = 5
    counts: Counts = "latest"
    visible: AwareDatetime | None = None
    part_of: Name | None = None

    @model_validator(mode="after")
    def _times_run_forward(self) -> Phase:
        if self.opens and self.closes and self.closes <= self.opens:
            raise ValueError(
                f"phase {self.id} closes at {self.closes.isoformat()}, before it opens at "
                f"{self.opens.isoformat()}; change one of them"
            )
        return self

    @model_validator(mode="after")
    def _feedback_can_be_given(self) -> Phase:
        if self.feedback == "items" and self.references == "hidden":
            raise ValueError(
                f"phase {self.id}: feedback on single items would tell hidden references; "
                "choose scores, rounded or none"
            )
        if self.feedback == "none" and self.closes is None:
            raise ValueError(
                f"phase {self.id}: without feedback until it closes it needs closes: a time"
            )
        return self

    @model_validator(mode="after")
    def _part_has_no_window(self) -> Phase:
        if self.part_of is None:
            return self
        own = ("opens", "closes", "quota", "feedback", "counts", "rounded_to")
        given = [name for name in own if name in self.model_fields_set]
        if given:
            raise ValueError(
                f"phase {self.id} is a part of {self.part_of}, which says {', '.join(given)} for "
                "both; take it out here"
            )
        if self.references == "open" or self.visible is None:
            raise ValueError(
                f"phase {self.id} is a private part: it needs references: hidden and visible: "
                "the time at which it is revealed"
            )
        return self

    def is_open(self, moment: datetime) -> bool:
        """Whether submissions are taken at a moment."""
        return self.has_opened(moment) and not self.has_closed(moment)

    def has_opened(self, moment: datetime) -> bool:
        """Whether the questions may be seen at a moment."""
        return self.opens is None or self.opens <= moment

    def has_closed(self, moment: datetime) -> bool:
        """Whether submissions are no longer taken."""
        return self.closes is not None and self.closes <= moment

    def told(self, moment: datetime) -> Feedback:
        """Return what a team is told of its submission at a moment.

        >>> told = Phase(id="a", title=Bilingual(zh="", en=""), references="open").told
        >>> told(datetime(2026, 1, 1, tzinfo=UTC))
        'items'
        """
        if self.part_of is not None:
            return "scores" if self.is_visible(moment) else "none"
        return self._most if self.has_closed(moment) else self.feedback or self._most

    @property
    def _most(self) -> Feedback:
        """What there is to tell once nothing is held back."""
        return "items" if self.references == "open" else "scores"

    def is_visible(self, moment: datetime) -> bool:
        """Whether the board shows entries at a moment."""
        from_when = self.visible_from
        return from_when is None or from_when <= moment

    @property
    def visible_from(self) -> datetime | None:
        """When the board begins to show entries; without feedback, not before the end."""
        if self.feedback != "none" or self.closes is None:
            return self.visible
        return max(self.visible, self.closes) if self.visible else self.closes

    def facts(self) -> list[Sentence]:
        """Return what a participant should know of the phase, a sentence each."""
        if self.part_of:
            return [
                Sentence(
                    _("A private part: scored once from each upload to “{whole}”."),
                    {"whole": self.part_of},
                ),
                Sentence(_("Revealed at {moment}."), {"moment": self.visible}),
            ]
        told = [Sentence(_("Opens at {moment}."), {"moment": self.opens})] if self.opens else []
        if self.closes:
            told.append(Sentence(_("Closes at {moment}."), {"moment": self.closes}))
        told += [_OF_REFERENCES[self.references], *_quota(self.quota), self._feedback()]
        told.append(_COUNTING[self.counts])
        if self.visible_from:
            moment = {"moment": self.visible_from}
            told.append(Sentence(_("The board shows entries from {moment} on."), moment))
        return told

    def _feedback(self) -> Sentence:
        feedback = self.feedback or self._most
        if feedback == "rounded":
            step = {"step": f"{self.rounded_to:g}"}
            return Sentence(_("You are told scores in steps of {step} points."), step)
        return _FEEDBACK[feedback]


_OF_REFERENCES = {
    "open": Sentence(_("References are open.")),
    "hidden": Sentence(_("References are hidden.")),
}
_FEEDBACK = {
    "items": Sentence(_("You are told what was found for every item.")),
    "scores": Sentence(_("You are told the scores of all datasets.")),
    "none": Sentence(_("You are told no score until it closes.")),
}
_COUNTING = {
    "latest": Sentence(_("A model's latest submission counts.")),
    "best": Sentence(_("A model's best submission counts.")),
}


def _quota(quota: Quota | None) -> list[Sentence]:
    if quota is None:
        return [Sentence(_("Submissions are unlimited."))]
    said = []
    if quota.per_day:
        values = {"count": quota.per_day, "zone": quota.timezone}
        said.append(Sentence(_("At most {count} submission(s) a day (days of {zone})."), values))
    if quota.total:
        said.append(Sentence(_("At most {count} submission(s) in all."), {"count": quota.total}))
    said.append(Sentence(_("Refused and failed submissions cost nothing.")))
    return said
