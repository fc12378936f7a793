"""The bot's settings: `config/bot.yaml`, checked once and frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from bot.access import Admins
from bot.chats import DiscordTokens, Platforms, SlackTokens
from bot.messages import Locale, Post
from bot.terms import AlertRules, Terms
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.model import DEFAULT_COLLECTION, DocumentSource, Pin, Policy
from rag.quota.policy import QuotaPolicy
from rag.settings import Expected, RagSettings, Section, Url, load_file
from rag.settings.document import dotted, parse
from rag.settings.fields import Between, Share, Text
from rag.settings.loading import read_text
from rag.settings.quotas import UNLIMITED, Quotas

BOT_FILE = "bot.yaml"
GUIDE_COLLECTION = "ragbot-guide"

CollectionName: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    Expected("a collection's name: up to 64 letters, digits, dots, hyphens and underscores, such as team-handbook"),
]


class _Documents(Section):
    """An entry of `documents`; see `DocumentSource`."""

    path: Annotated[Path, Expected("the path of a file or folder")]
    collection: CollectionName = DEFAULT_COLLECTION
    url: Url | None = None


class _Pin(Section):
    """An entry of `pins`; see `Pin`."""

    model: Annotated[str | None, Expected("a model of the catalogue, as provider/model")] = None
    policy: Annotated[Policy | None, Expected("preferred, cheapest or fastest")] = None


def _post(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value or None
    post = Post.parse(value)
    if post.platform not in Platforms.model_fields:
        raise ValueError  # the sentence is the wrapper's
    return post


def _time_of_day(value: object) -> object:
    if value == "never":
        return None
    if not isinstance(value, str):
        return value
    at = time.fromisoformat(value.zfill(5))
    if at.tzinfo is not None:
        raise ValueError  # it is by the budgets' clock; the sentence is the wrapper's
    return at


_Minutes: TypeAlias = Annotated[int, Between(1, 366 * 24 * 60, "minutes")]


class _Conversations(Section):
    """How conversations go; see `Terms`."""

    idle_minutes: _Minutes = 24 * 60
    edit_minutes: _Minutes = 60
    resume_minutes: _Minutes = 10
    keep_days: Annotated[int, Between(1, 36_500, "days")] = 30
    at_once: Annotated[int, Between(1, 100_000, "questions")] = 100
    hand_over: Mapping[Text, tuple[Text, ...]] = Field(default_factory=dict)

    @property
    def terms(self) -> Terms:
        return Terms(
            idle=timedelta(minutes=self.idle_minutes),
            edit=timedelta(minutes=self.edit_minutes),
            resume=timedelta(minutes=self.resume_minutes),
            keep=timedelta(days=self.keep_days),
        )


class _Admins(Section):
    """Who may see and change what others may not, and where they are told of it; see `Admins`."""

    users: tuple[Text, ...] = ("console",)
    roles: tuple[Text, ...] = ()
    groups: tuple[Text, ...] = ()
    place: Annotated[
        Post | None,
        BeforeValidator(_post),
        Expected("a platform that there is and a place on it, such as console:console"),
    ] = None


class _Reports(Section):
    """When the daily report is posted in the admins' place."""

    at: Annotated[time | None, BeforeValidator(_time_of_day), Expected("a time of day, such as 09:00, or never")] = (
        time(9)
    )


class _Alerts(Section):
    """What admins are told of at once; see `AlertRules`."""

    error_rate: Annotated[Share, Expected("a share of calls from 0 to 1, such as 0.05")] = Decimal("0.05")
    slow_answer_s: Annotated[int, Between(1, 3_600, "seconds")] = 30
    window_minutes: Annotated[int, Between(1, 1_440, "minutes")] = 15
    quiet_minutes: Annotated[int, Between(0, 10_080, "minutes")] = 60


# What holds where no quotas are written at all. Whoever sits at the terminal pays the bill, and is not held up.
_QUOTAS = Quotas.model_validate(
    {
        "channel": {"requests_per_minute": 30},
        "user": {"requests_per_minute": 10, "requests_per_hour": 100, "usd_per_day": "2.00"},
        "channels": {"console": {"requests_per_minute": UNLIMITED}},
        "users": {
            "console": dict.fromkeys(("requests_per_minute", "requests_per_hour", "usd_per_day"), UNLIMITED),
        },
    }
)


class _BotFile(Section):
    language: Annotated[Literal["auto"] | Locale, Expected("en, pt-BR or auto")] = "auto"
    documents: tuple[_Documents, ...] = (_Documents(path=Path("docs"), collection=GUIDE_COLLECTION),)
    audiences: Mapping[str, tuple[CollectionName, ...]] = Field(default_factory=dict)
    public_collections: tuple[CollectionName, ...] = ()
    pins: Mapping[str, _Pin] = Field(default_factory=dict)
    conversations: _Conversations = _Conversations()
    admins: _Admins = _Admins()
    reports: _Reports = _Reports()
    alerts: _Alerts = _Alerts()
    quotas: Quotas = _QUOTAS
    platforms: Platforms = Platforms()


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Everything that the bot can be told.

    Attributes:
        locale: The language of the bot's own sentences.
        documents: What `ragbot run` keeps in step with the index.
        audiences: The collections that a place may read, `*` standing for every place that is not named;
            without any, every place reads everything.
        public: The collections that guests and people of other organisations may read, where their place may.
        pins: The model or policy that answers in a place, with the same `*`; without any, the routes hold as they are.
        terms: How long things hold in a conversation.
        at_once: So many questions are answered at the same time.
        hand_over: The people who take questions over, by place, with the same `*`.
        quotas: All limits, those of the core included.
        admins: Who may see all figures and change what holds.
        post: Where they get the daily report and alerts; `None`: nowhere.
        report_at: When the daily report is posted, where the days of the budgets begin; `None`: never.
    """

    locale: Locale
    documents: tuple[DocumentSource, ...]
    audiences: Mapping[str, tuple[str, ...]]
    public: frozenset[str]
    pins: Mapping[str, Pin]
    terms: Terms
    at_once: int
    hand_over: Mapping[str, tuple[str, ...]]
    quotas: QuotaPolicy
    admins: Admins
    post: Post | None
    report_at: time | None
    alerts: AlertRules
    platforms: Platforms
    slack: SlackTokens
    discord: DiscordTokens

    @classmethod
    def load(cls, folder: Path, environ: Mapping[str, str], core: RagSettings | None = None) -> BotSettings:
        """Read the folder's file; without one, all defaults.

        Args:
            core: Knows the models that a place may be pinned to, and the limits that this file may change; without it
                the pins are not checked.

        Raises:
            ConfigurationError: With every problem of the file.
        """
        file, problems = load_file(_BotFile, folder / BOT_FILE, environ)
        if file is not None and core is not None:
            problems = tuple(_wrong_pins(file.pins, core, folder / BOT_FILE, environ))
        if file is None or problems:
            raise ConfigurationError(problems)
        return cls(
            locale=_locale(environ) if file.language == "auto" else file.language,
            documents=tuple(DocumentSource(entry.path, entry.collection, entry.url) for entry in file.documents),
            audiences=file.audiences,
            public=frozenset(file.public_collections),
            pins={place: Pin(pin.model, pin.policy) for place, pin in file.pins.items()},
            terms=file.conversations.terms,
            at_once=file.conversations.at_once,
            hand_over=file.conversations.hand_over,
            quotas=file.quotas.over(QuotaPolicy() if core is None else core.quotas),
            admins=Admins(
                users=frozenset(file.admins.users), roles=frozenset((*file.admins.roles, *file.admins.groups))
            ),
            post=file.admins.place,
            report_at=file.reports.at,
            alerts=AlertRules(
                error_rate=file.alerts.error_rate,
                slow_answer_s=file.alerts.slow_answer_s,
                window=timedelta(minutes=file.alerts.window_minutes),
                quiet=timedelta(minutes=file.alerts.quiet_minutes),
            ),
            platforms=file.platforms,
            slack=SlackTokens.read(environ),
            discord=DiscordTokens.read(environ),
        )


def _locale(environ: Mapping[str, str]) -> Locale:
    """What POSIX says the language of messages is: the first of three variables that is not empty."""
    name = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "pt-BR" if name.lower().startswith("pt") else "en"


def _wrong_pins(
    pins: Mapping[str, _Pin], core: RagSettings, path: Path, environ: Mapping[str, str]
) -> Iterator[ConfigurationProblem]:
    """The models of the pins that the other file's catalogue does not know."""
    expected = {
        ("pins", place, "model"): core.expected_instead(pin.model)
        for place, pin in pins.items()
        if pin.model is not None
    }
    if not any(expected.values()):
        return
    document = parse(read_text(path), file=str(path), environ=environ)  # once more, for the lines
    for key, phrase in expected.items():
        if phrase is not None:
            sentence = f"expected {phrase}, not {document.origins[key].shown}"
            yield ConfigurationProblem(str(path), document.line_of(key), dotted(key), sentence)


def check_files(folder: Path, environ: Mapping[str, str]) -> tuple[ConfigurationProblem, ...]:
    """Every problem of both files and of the environment; none if ragbot can start with them."""
    problems: list[ConfigurationProblem] = []
    core: RagSettings | None = None
    try:
        core = RagSettings.load(folder, environ)
    except ConfigurationError as error:
        problems += error.problems
    try:
        BotSettings.load(folder, environ, core)
    except ConfigurationError as error:
        problems += error.problems
    return tuple(dict.fromkeys(problems))  # a missing folder is a problem of both
