"""How the platforms are served: the section `platforms` of `config/bot.yaml`, and what the environment says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from rag.errors import ConfigurationProblem
from rag.settings import Expected, Flag, Section
from rag.settings.fields import Between, Text

SLACK_API_URL: Final = "https://slack.com/api/"
DISCORD_API_URL: Final = "https://discord.com/api/v10"


class PlatformSettings(Section):
    """Whether a platform is served."""

    enabled: Flag = True


class SlackSettings(PlatformSettings):
    """How Slack is served, where there is a token for it.

    Attributes:
        mode: Whether the bot connects to Slack, or Slack to the bot; `host`, `port` and `path` are of the latter.
        sockets: So many connections at once; Slack allows ten (docs.slack.dev, 2026-11).
        first_sign: What shows at once that a question was taken.
        reaction: The emoji of such a sign.
    """

    mode: Annotated[Literal["socket", "http"], Expected("socket or http")] = "socket"
    host: Text = "127.0.0.1"
    port: Annotated[int, Between(0, 65_535, "a port")] = 3000
    path: Annotated[str, Field(pattern=r"^/\S*$"), Expected("a path such as /slack/events")] = "/slack/events"
    sockets: Annotated[int, Between(1, 10, "connections")] = 2
    first_sign: Annotated[Literal["status", "reaction", "message"], Expected("status, reaction or message")] = "status"
    reaction: Annotated[str, Field(pattern=r"^[\w+'-]{1,100}$"), Expected("an emoji's name, such as eyes")] = "eyes"


_Snowflake: TypeAlias = Annotated[
    str, Field(pattern=r"^\d{15,20}$"), Expected("an id of Discord's, such as 81384788765712384")
]
_Style: TypeAlias = Annotated[Literal["reply", "thread"], Expected("reply or thread")]


class _Shards(Section):
    """The part of a large bot that this process serves."""

    count: Annotated[int, Between(1, 100_000, "shards")]
    ids: tuple[Annotated[int, Between(0, 99_999, "the number of a shard")], ...] = ()

    @field_validator("ids")
    @classmethod
    def _are_there(cls, ids: tuple[int, ...], known: ValidationInfo) -> tuple[int, ...]:
        if any(one >= known.data.get("count", 100_000) for one in ids):
            raise PydanticCustomError("refused", "expected numbers below the count: the first shard is 0")
        return ids

    @property
    def own(self) -> Sequence[int]:
        """The shards of this process; all of them where none is named."""
        return self.ids or range(self.count)


class DiscordSettings(PlatformSettings):
    """How Discord is served, where there is a token for it.

    Attributes:
        answers: Where an answer stands: as a reply in the channel, or in a thread of its own.
        answers_in: The same for one channel, or all of a category, by its id.
        follow_ups: What is said in a thread is heard without the bot's name; needs the Message Content Intent.
        direct_messages: Whether they are answered.
        servers: The ids of the servers that the bot is for, and leaves all others; empty for every server.
        test_servers: The ids of servers that alone get the commands, at once, while something is tried out.
        shards: `None` asks Discord how many there should be, and serves all.
    """

    answers: _Style = "reply"
    answers_in: Mapping[str, _Style] = Field(default_factory=dict)
    follow_ups: Flag = False
    direct_messages: Flag = True
    servers: tuple[_Snowflake, ...] = ()
    test_servers: tuple[_Snowflake, ...] = ()
    shards: _Shards | None = None


class Platforms(Section):
    """The platforms that there are."""

    console: PlatformSettings = PlatformSettings()
    slack: SlackSettings = SlackSettings()
    discord: DiscordSettings = DiscordSettings()


@dataclass(frozen=True, slots=True)
class SlackTokens:
    """What the environment says of a Slack app; empty where it says nothing.

    Attributes:
        bot: `SLACK_BOT_TOKEN`, `xoxb-…`.
        app: `SLACK_APP_TOKEN`, `xapp-…`: for the mode `socket`.
        signing_secret: `SLACK_SIGNING_SECRET`: for the mode `http`.
        api_url: `SLACK_API_URL`, where Slack is.
    """

    bot: str = field(default="", repr=False)
    app: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = SLACK_API_URL

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """From the environment."""
        bot, app, secret, url = (
            environ.get(name, "").strip()
            for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL")
        )
        return cls(bot, app, secret, f"{url.rstrip('/')}/" if url else SLACK_API_URL)

    @property
    def is_given(self) -> bool:
        """Whether somebody means Slack to be served."""
        return bool(self.bot or self.app or self.signing_secret)

    def problems(self, mode: Literal["socket", "http"]) -> Iterator[ConfigurationProblem]:
        """What stands in the way of serving Slack in this mode."""
        if not self.bot:
            yield _wrong_variable("SLACK_BOT_TOKEN", "expected the bot's token, xoxb-…")
        if self.bot.startswith("xapp-"):
            yield _wrong_variable("SLACK_BOT_TOKEN", "expected the bot's token, xoxb-…, not the app's, xapp-…")
        if mode == "http" and not self.signing_secret:
            yield _wrong_variable("SLACK_SIGNING_SECRET", "expected the app's signing secret: mode http needs it")
        if mode == "socket" and not self.app:
            yield _wrong_variable("SLACK_APP_TOKEN", "expected an app-level token, xapp-…: mode socket needs it")
        if mode == "socket" and self.app.startswith("xoxb-"):
            yield _wrong_variable("SLACK_APP_TOKEN", "expected an app-level token, xapp-…, not the bot's, xoxb-…")
        if urlsplit(self.api_url).scheme not in {"http", "https"}:
            yield _wrong_variable("SLACK_API_URL", "expected an http:// or https:// address")


@dataclass(frozen=True, slots=True)
class DiscordTokens:
    """What the environment says of a Discord bot; empty where it says nothing.

    Attributes:
        bot: `DISCORD_BOT_TOKEN`.
        api_url: `DISCORD_API_URL`, where Discord's API is.
        gateway_url: `DISCORD_GATEWAY_URL`, where its gateway is; empty where the API says so.
    """

    bot: str = field(default="", repr=False)
    api_url: str = DISCORD_API_URL
    gateway_url: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """From the environment."""
        names = ("DISCORD_BOT_TOKEN", "DISCORD_API_URL", "DISCORD_GATEWAY_URL")
        bot, api_url, gateway_url = (environ.get(name, "").strip() for name in names)
        return cls(bot.removeprefix("Bot "), api_url.rstrip("/") or DISCORD_API_URL, gateway_url)

    @property
    def is_given(self) -> bool:
        """Whether somebody means Discord to be served."""
        return bool(self.bot)

    def problems(self) -> Iterator[ConfigurationProblem]:
        """What stands in the way of serving Discord."""
        if not self.bot:
            yield _wrong_variable("DISCORD_BOT_TOKEN", "expected the bot's token")
        if self.bot and (len(self.bot.split()) > 1 or not self.bot.isascii() or not self.bot.isprintable()):
            yield _wrong_variable("DISCORD_BOT_TOKEN", "expected one word of letters, digits, dots, hyphens")
        if urlsplit(self.api_url).scheme not in {"http", "https"}:
            yield _wrong_variable("DISCORD_API_URL", "expected an http:// or https:// address")
        if self.gateway_url and urlsplit(self.gateway_url).scheme not in {"ws", "wss"}:
            yield _wrong_variable("DISCORD_GATEWAY_URL", "expected a ws:// or wss:// address")


def _wrong_variable(name: str, sentence: str) -> ConfigurationProblem:
    return ConfigurationProblem("environment", None, name, sentence)
