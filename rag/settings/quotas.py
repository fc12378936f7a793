"""Limits as they are written in configuration files: `requests_per_minute: 10`, `usd_per_day: 2.00`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, create_model

from rag.quota.policy import Amounts, QuotaPolicy
from rag.quota.quotas import MEASURES, Resource, Subject, SubjectKind
from rag.settings.fields import Expected, Section, expected, micro_usd

UNLIMITED = "unlimited"
_MOST = 1_000_000_000


class _Limits(Section):
    """Limits of one subject, or of each of a kind; what is left out is as it would be without."""

    @property
    def amounts(self) -> Amounts:
        """By what they count; `None` is no limit, said in so many words."""
        written = {
            measure: getattr(self, str(measure)) for measure in MEASURES if str(measure) in self.model_fields_set
        }
        return {measure: None if amount == UNLIMITED else amount for measure, amount in written.items()}


def parse_amount(resource: Resource, text: object) -> int | None:
    """An amount as people write it, in requests, tokens or micro-USD; `None` is `unlimited`.

    Raises:
        PydanticCustomError: A `ValueError` whose message continues "expected …".
    """
    if text == UNLIMITED:
        return None
    if resource == "usd":
        try:
            return micro_usd(text)
        except ValueError as error:
            raise expected(f"{str(error).removeprefix('expected ')}, or {UNLIMITED}") from None
    try:
        amount = Decimal(str(text))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != int(amount) or not 0 <= amount <= _MOST:
        raise expected(f"a number of {resource} from 0 to {_MOST}, or {UNLIMITED}")
    return int(amount)


def _amount(resource: Resource) -> object:
    def parsed(value: object) -> object:
        amount = parse_amount(resource, value)
        return UNLIMITED if amount is None else amount

    return Annotated[int | str, BeforeValidator(parsed)]


if TYPE_CHECKING:
    Limits = _Limits
else:
    _TYPES = {resource: _amount(resource) for resource in get_args(Resource)}
    Limits = create_model(
        "Limits",
        __base__=_Limits,
        **{str(measure): (_TYPES[measure.resource], None) for measure in MEASURES},
    )

LimitsByName = Mapping[str, Limits]


class Quotas(Section):
    """The section `quotas` of `config/bot.yaml`; see `QuotaPolicy`.

    Attributes:
        workspace, channel, user: What each of them has for itself.
        workspaces, channels, users, roles: What holds for one of them instead.
    """

    everything: Limits = Limits()
    workspace: Limits = Limits()
    channel: Limits = Limits()
    user: Limits = Limits()
    workspaces: LimitsByName = Field(default_factory=dict)
    channels: LimitsByName = Field(default_factory=dict)
    users: LimitsByName = Field(default_factory=dict)
    roles: LimitsByName = Field(default_factory=dict)

    def over(self, core: QuotaPolicy) -> QuotaPolicy:
        """These limits, with those of the core where nothing is said of them here."""
        kinds: dict[SubjectKind, Amounts] = {
            "everything": {**core.kinds.get("everything", {}), **self.everything.amounts},
            "workspace": self.workspace.amounts,
            "channel": self.channel.amounts,
            "user": self.user.amounts,
        }
        named: tuple[tuple[SubjectKind, LimitsByName], ...] = (
            ("workspace", self.workspaces),
            ("channel", self.channels),
            ("user", self.users),
        )
        subjects = {Subject(kind, name): limits.amounts for kind, names in named for name, limits in names.items()}
        return QuotaPolicy(
            zone=core.zone,
            warn=core.warn,
            brake=core.brake,
            kinds=kinds,
            subjects={**core.subjects, **subjects},
            roles={role: limits.amounts for role, limits in self.roles.items()},
        )


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (OSError, ValueError):
        raise ValueError from None  # the sentence is the wrapper's


TimeZone = Annotated[
    ZoneInfo, BeforeValidator(_zone), Expected("a time zone of the IANA database, such as America/Sao_Paulo or UTC")
]
