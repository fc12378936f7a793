"""`/alerts`: what is wrong now, and where admins are told of it."""

from __future__ import annotations

from bot.alerts import line_of
from bot.commands.base import Argument, Choice, Command, Invocation
from bot.messages import Card, Post
from bot.text import code_span, one_line


async def _run(call: Invocation) -> Card:
    choices, thread, phrases = call.desk.choices, call.thread, call.phrases
    match call.arguments.get("action", "show"):
        case "here":
            await choices.tell_at(call.author.id, Post(thread.platform, thread.place))
            return Card(phrases("alerts.here"))
        case "off":
            await choices.tell_at(call.author.id, None)
            return Card(phrases("alerts.off"))
    return await _show(call)


async def _show(call: Invocation) -> Card:
    phrases = call.phrases
    post, troubles = await call.desk.choices.post(), await call.desk.alerts.open_troubles()
    zone = call.desk.accounts.policy.zone
    lines = [
        phrases(
            "alerts.since",
            trouble=line_of(open_.trouble, phrases, zone),
            moment=phrases.moment(open_.since, zone),
        )
        for open_ in troubles
    ]
    where = phrases("alerts.nowhere") if post is None else phrases("alerts.told", post=code_span(one_line(str(post))))
    return Card("\n".join([*(lines or [phrases("alerts.none")]), "", where]), private=True)


ALERTS = Command(
    "alerts",
    "alerts.summary",
    "/alerts",
    _run,
    (
        Argument(
            "action",
            required=False,
            choices=(Choice("show"), Choice("here", "changes"), Choice("off", "changes")),
        ),
    ),
    more=("alerts.example",),
    aliases=("alert", "alerta", "alertas"),
    right="sees",
)
