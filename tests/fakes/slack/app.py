"""The app as it is installed in the workspace: its tokens, scopes and subscriptions, and how Slack reaches it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from tests.fakes.slack import events
from tests.fakes.slack.blocks import accepted
from tests.fakes.slack.http_line import HttpLine
from tests.fakes.slack.model import Ack, Channel, Json, Message, Refused, View
from tests.fakes.slack.rendering import calling_texts
from tests.fakes.slack.responses import ResponseUrls
from tests.fakes.slack.sockets import SocketMode
from tests.fakes.slack.tasks import Tasks
from tests.fakes.slack.workspace import Workspace

ALL_SCOPES = frozenset({
    "app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands",
    "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write",
    "mpim:history", "mpim:read", "mpim:write", "reactions:read", "reactions:write", "usergroups:read", "users:read",
})  # fmt: skip
TRIGGER_LIFE_S = 3.0


@dataclass(frozen=True)
class Unanswered:
    """What a person is told failed, because the bot did not acknowledge it in time."""

    kind: str
    user: str
    payload: Json
    error: str = "operation_timeout"


@dataclass
class Trigger:
    user: str
    at: float
    used: bool = False


class App(Workspace):
    """A workspace with the app in it.

    Attributes:
        acks: What the bot acknowledged, in order.
        timeouts: Commands and interactions that it did not acknowledge in time.
        subscriptions: Events that it is told of, where its scopes allow.
        echo: Slack tells an app of its own messages too.
    """

    def __init__(self, scopes: Iterable[str], subscriptions: Iterable[str], seed: int, *, echo: bool) -> None:
        super().__init__()
        self.scopes = set(scopes)
        self.subscriptions = set(subscriptions)
        self.echo = echo
        self.bot_token = f"xoxb-1-{secrets.token_hex(8)}"
        self.app_token = f"xapp-1-{self.app_id}-{secrets.token_hex(8)}"
        self.signing_secret = secrets.token_hex(16)
        self.verification_token = secrets.token_hex(12)
        self.revoked: set[str] = set()
        self.tasks = Tasks()
        self.sockets = SocketMode(self.tasks, self.app_id, seed)
        self.http: HttpLine | None = None
        self.timeouts: list[Unanswered] = []
        self.response_urls = ResponseUrls(self.clock)
        self.base_url = ""
        self._triggers: dict[str, Trigger] = {}
        self._order = random.Random(seed)

    @property
    def api_url(self) -> str:
        """What the bot calls in place of https://slack.com/api/."""
        return f"{self.base_url}/api/"

    @property
    def acks(self) -> list[Ack]:
        return self.sockets.acks

    @property
    def lost(self) -> list[Json]:
        """Events that were sent as often as Slack does and never acknowledged."""
        return [*self.sockets.lost, *(self.http.lost if self.http else [])]

    def tell(self, *told: Json, channel: Channel | None = None) -> None:
        """Let the bot know of events, each on its own, in any order."""
        for event in self._order.sample(told, len(told)):
            wanted, scope = events.subscription(event, channel)
            here = channel is None or self.bot_user in channel.members
            if here and wanted in self.subscriptions and (not scope or scope in self.scopes):
                payload = events.callback(self, event, channel, self.verification_token)
                line = self.http or self.sockets
                self.tasks.start(line.send_event(payload))

    def tell_own(self, message: Message, event: Json) -> None:
        """Let the bot know of what it did itself."""
        if self.echo and not message.ephemeral_to:
            self.tell(event, channel=self.channels[message.channel])

    async def ask(self, kind: str, user: str, payload: Json) -> tuple[bool, Json | None]:
        """Deliver a command or an interaction; whether it was acknowledged, and with what."""
        answer = await (self.http.ask(kind, payload) if self.http else self.sockets.ask(kind, payload))
        if answer is None:
            self.timeouts.append(Unanswered(kind, user, payload))
            return False, None
        return True, answer.payload

    def trigger(self, user: str) -> str:
        """What opens one modal for this person, within three seconds."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = Trigger(user, self.clock.now())
        return trigger

    def pull(self, trigger_id: str) -> str:
        """Whose trigger it is, used up by that.

        Raises:
            Refused: It is unknown, too old or used.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if self.clock.now() - trigger.at > TRIGGER_LIFE_S:
            raise Refused("expired_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        trigger.used = True
        return trigger.user

    def response_url(self, channel: str, user: str, original: Message | None) -> str:
        return f"{self.base_url}{self.response_urls.issue(channel, user, original)}"

    def view_json(self, view: View) -> Json:
        return {
            "state": {"values": {}},
            "private_metadata": "",
            "callback_id": "",
            **view.payload,
            "id": view.id,
            "team_id": self.team,
            "hash": view.hash,
            "root_view_id": view.id,
            "previous_view_id": None,
            "app_id": self.app_id,
            "bot_id": self.bot_id,
        }

    def respond(self, arguments: Json, channel: str, user: str, original: Message | None) -> None:
        """Do what comes through a response URL, or with the acknowledgement of a command."""
        if arguments.get("delete_original") and original:
            original.deleted = True
            return
        blocks = arguments.get("blocks")
        taken = accepted(blocks, self.file_exists) if blocks else []
        text = str(arguments.get("text", ""))
        if not text and not taken:
            raise Refused("no_text")
        self.without_fallback += bool(taken and not text)
        shown_to = None if arguments.get("response_type") == "in_channel" else user
        if arguments.get("replace_original") and original:
            original.text, original.blocks, original.stream = text, taken, None
            message = original
        else:
            thread = arguments.get("thread_ts")
            message = Message(channel, self.new_ts(), self.bot_user, text, thread, taken, ephemeral_to=shown_to)
            self.tell_own(self.write(message), events.posted(self, message))
        self.check_message_pings(message)

    def check_message_pings(self, message: Message) -> None:
        by_name = bool(message.arguments.get("link_names")) or message.arguments.get("parse") == "full"
        self.check_pings(message, [message.text, *calling_texts(message.blocks)], link_names=by_name)
