"""What is looked at before Slack is served, so that what is wrong is told at once and by its name."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.platforms.slack.scopes import missing
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
        url: Of the workspace.
    """

    bot_user: str
    bot_id: str
    team: str
    team_name: str
    url: str


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
        variable = "SLACK_BOT_TOKEN" if error.code in _WRONG_BOT_TOKEN else "SLACK_API_URL"
        sentence = _WRONG_BOT_TOKEN.get(error.code, "expected the address of Slack's Web API")
        raise _wrong(variable, sentence, error.code) from None
    if scopes is not None:
        _check(scopes)
    return Identity(
        bot_user=str(answer.get("user_id") or ""),
        bot_id=str(answer.get("bot_id") or ""),
        team=str(answer.get("team_id") or ""),
        team_name=str(answer.get("team") or ""),
        url=str(answer.get("url") or ""),
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


def _check(granted: tuple[str, ...]) -> None:
    """Name the scopes that are missing: all of them, and what each is for."""
    lacking = missing(granted)
    for scope in lacking:
        if not scope.required:
            log.warning("Slack scope %s is missing: %s", scope.name, scope.lost)
    problems = [
        ConfigurationProblem("Slack", None, scope.name, f"expected this scope: without it {scope.lost}")
        for scope in lacking
        if scope.required
    ]
    if problems:
        raise ConfigurationError(problems)


def _wrong(variable: str, sentence: str, code: str) -> ConfigurationError:
    return ConfigurationError([ConfigurationProblem("environment", None, variable, f"{sentence} ({code})")])
