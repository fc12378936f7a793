"""Slack on a local port: the Web API, Socket Mode and the Events API, with what the real one refuses.

`async with open_slack() as slack:` is a workspace with the app in it. People use it (`slack.says(ana, general, "…")`),
the bot answers over the real protocols, and the test looks at what people see (`slack.seen(general, by=ana)`).
"""

from __future__ import annotations

from tests.fakes.slack.app import ALL_SCOPES, Unanswered
from tests.fakes.slack.events import ALL_EVENTS
from tests.fakes.slack.http_line import Answer, HttpLine
from tests.fakes.slack.model import Ack, Call, Channel, File, Message, Ping, Refused, Seen, User, View
from tests.fakes.slack.server import Slack, open_slack

__all__ = [
    "ALL_EVENTS",
    "ALL_SCOPES",
    "Ack",
    "Answer",
    "Call",
    "Channel",
    "File",
    "HttpLine",
    "Message",
    "Ping",
    "Refused",
    "Seen",
    "Slack",
    "Unanswered",
    "User",
    "View",
    "open_slack",
]
