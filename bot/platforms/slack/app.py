"""slack-bolt's app: it reads and sorts what Slack sends, and hands all of it to the inbox."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.platforms.slack.inbox import Inbox
from bot.platforms.slack.start import Identity
from bot.platforms.slack.web import Json, Web

log = logging.getLogger(__name__)

_ANYTHING: Final = re.compile(r".*", re.DOTALL)


def bolt_app(web: Web, identity: Identity, inbox: Inbox) -> AsyncApp:
    """An app that has everything taken by the inbox before it acknowledges it.

    Whatever it is handed is Slack's: a socket needs no signature, and requests are verified before they are read.
    """

    async def authorize() -> AuthorizeResult:
        # `auth.test` was asked at the start; bolt would ask again for every request.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team,
            bot_user_id=identity.bot_user,
            bot_id=identity.bot_id,
            bot_token=web.client.token,
        )

    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)  # what it warns of is meant
    app = AsyncApp(
        logger=logger,
        client=web.client,
        authorize=authorize,
        request_verification_enabled=False,
        # Listeners come to their end before Slack is told: by default bolt begins them as tasks that nobody owns.
        process_before_response=True,
        attaching_conversation_kwargs_enabled=False,
    )
    # Also what nothing is done about is acknowledged: Slack would send it again.
    app.event(_ANYTHING)(_taking(inbox.event))
    app.command(_ANYTHING)(_taking(inbox.command))
    app.action(_ANYTHING)(_taking(inbox.action))
    app.view(_ANYTHING)(_taking(inbox.submission))
    return app


def _taking(take: Callable[[Json], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await take(body)
        await ack()

    return listener


async def dispatch(app: AsyncApp, payload: Json) -> Json | None:
    """Take what came through a socket; returns what is said in its acknowledgement."""
    try:
        asked = AsyncBoltRequest(mode="socket_mode", body=dict(payload))
    except (AttributeError, TypeError, LookupError, ValueError):  # not what Slack sends; sent again it is no better
        log.warning("ignored: something that cannot be read")
        return None
    await app.async_dispatch(asked)
    return None  # nothing of ours is said there, and Slack is told also of what bolt does not know
