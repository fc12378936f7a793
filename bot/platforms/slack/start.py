"""What is looked at before Slack is served, so that what is wrong is told at once and by its name."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.platforms.slack.scopes import Scope, missing
from bot.platforms.slack.sockets import AppRefused, open_url
from bot.platforms.slack.web import SlackError, Web
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.ports import Clock

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_PASSING: Final = frozenset(
    {"unreachable", "ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
    | {f"http_{status}" for status in range(500, 600)}
)
_WRONG_BOT_TOKEN: Final[Mapping[str, str]] = {
    "invalid_auth": "Slack does not know this token; copy it anew from OAuth & Permissions",
    "not_authed": "Slack does not know this token; copy it anew from OAuth & Permissions",
    "account_inactive": "its app was removed from the workspace; install it again",
    "token_revoked": "it was revoked; install the app again and copy the new one",
    "token_expired": "it has expired; turn token rotation off, or install the app again",
    "not_allowed_token_type": "expected the bot's token, xoxb-…",
}
_WRONG_APP_TOKEN: Final[Mapping[str, str]] = {
    "invalid_auth": "Slack does not know this token; make one under Basic Information, App-Level Tokens",
    "not_authed": "Slack does not know this token; make one under Basic Information, App-Level Tokens",
    "not_allowed_token_type": "expected an app-level token, xapp-…",
    "missing_scope": "it lacks the scope connections:write; make one that has it",
    "no_permission": "Socket Mode is off; turn it on under Socket Mode",
    "token_revoked": "it was revoked; make a new one under Basic Information, App-Level Tokens",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace.

    Attributes:
        enterprise: The id of the organisation that the workspace is a part of; empty where it is of none.
        url: Of the workspace.
        lacking: Scopes that were not granted, and without which not everything works.
    """

    bot_user: str
    bot_id: str
    team: str
    team_name: str
    enterprise: str
    url: str
    lacking: tuple[Scope, ...] = ()


async def who_am_i(web: Web) -> Identity:
    """Ask Slack who the bot is, and what it may do.

    Raises:
        ConfigurationError: The token is not one, or a scope is missing without which nothing works.
        SlackError: Slack does not answer.
    """
    try:
        answer, scopes = await web.identity()
    except SlackError as error:
        if error.code in _PASSING:
            raise
        if _is_no_slack(error):
            raise _wrong("SLACK_API_URL", "expected the address of Slack's Web API", error.code) from None
        sentence = _WRONG_BOT_TOKEN.get(error.code, "Slack does not take this token")
        raise _wrong("SLACK_BOT_TOKEN", sentence, error.code) from None
    lacking = () if scopes is None else _lacking(scopes)
    return Identity(
        bot_user=str(answer.get("user_id") or ""),
        bot_id=str(answer.get("bot_id") or ""),
        team=str(answer.get("team_id") or ""),
        team_name=str(answer.get("team") or ""),
        enterprise=str(answer.get("enterprise_id") or ""),
        url=str(answer.get("url") or ""),
        lacking=lacking,
    )


async def first_url(web: Web, app_token: str) -> str:
    """Where the first socket connects to.

    Raises:
        ConfigurationError: The token opens none, now or later.
        SlackError: Slack does not answer.
    """
    try:
        return await open_url(web, app_token)
    except AppRefused as refused:
        raise wrong_app_token(refused) from None
    except SlackError as error:
        if error.code in _PASSING:
            raise
        if _is_no_slack(error):
            sentence = "expected a Slack that opens sockets; platforms.slack.mode: http needs none"
            raise _wrong("SLACK_API_URL", sentence, error.code) from None
        raise wrong_app_token(AppRefused(error.code)) from None


def wrong_app_token(refused: AppRefused) -> ConfigurationError:
    """What is wrong with the token of an app for which Slack opens no sockets."""
    sentence = _WRONG_APP_TOKEN.get(refused.code, "Slack opens no sockets for it")
    return _wrong("SLACK_APP_TOKEN", sentence, refused.code)


async def patiently(ask: Callable[[], Awaitable[_T]], clock: Clock, tell: Callable[[str], None]) -> _T:
    """Ask until Slack answers: whoever starts the bot while the network is away need not start it again."""
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await ask()
        except SlackError as error:
            if error.code not in _PASSING:
                raise
            if pause_s == _FIRST_PAUSE_S:
                tell(f"Slack does not answer ({error.code}); trying again until it does")
            log.warning("Slack does not answer, again in %.0f s: %s", pause_s, error)
            await clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _is_no_slack(error: SlackError) -> bool:
    """Whether something else than Slack has answered."""
    return error.code in {"unknown_method", "no_json"} or error.code.startswith("http_")


def _lacking(granted: tuple[str, ...]) -> tuple[Scope, ...]:
    """The scopes that are missing; those without which nothing works are named all at once, and what each is for."""
    lacking = missing(granted)
    problems = [
        ConfigurationProblem("Slack", None, scope.name, f"expected this scope. {scope.lost}")
        for scope in lacking
        if scope.required
    ]
    if problems:
        raise ConfigurationError(problems)
    return lacking


def _wrong(variable: str, sentence: str, code: str) -> ConfigurationError:
    return ConfigurationError([ConfigurationProblem("environment", None, variable, f"{sentence} ({code})")])
