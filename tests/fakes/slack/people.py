"""What people do in Slack: they write, edit, delete, run commands and press what can be pressed."""

from __future__ import annotations

import secrets

from tests.fakes.slack import events, forms
from tests.fakes.slack.app import App
from tests.fakes.slack.methods.chat import removed
from tests.fakes.slack.model import Channel, File, Json, Message, Refused, Seen, User, View, message_of
from tests.fakes.slack.rendering import elements, pressable
from tests.fakes.slack.typed import as_sent
from tests.fakes.slack.workspace import Place, Thread, root_ts


class People(App):
    """An app with people who use it."""

    async def says(
        self, user: User, place: Place, text: str, thread: Thread = None, *, broadcast: bool = False
    ) -> Message:
        """Post what was typed; the bot is told of it once as a message, and once more where it is mentioned."""
        channel = self._entered(user, place)
        message = Message(channel.id, self.new_ts(), user.id, as_sent(text), root_ts(thread), broadcast=broadcast)
        self.write(message)
        told = [events.posted(self, message)]
        if self.mention in text and not channel.direct:
            told.append(events.mentioned(self, message))
        self.tell(*told, channel=channel)
        return message

    async def edits(self, user: User, message: Message, text: str) -> None:
        """Change one's own message; a mention in the new text is told of again, with `edited`."""
        if message.user != user.id:
            raise Refused("cant_update_message")
        channel, before = self.channels[message.channel], events.message_json(self, message)
        message.text, message.edited = as_sent(text), {"user": user.id, "ts": self.new_ts()}
        told = [events.changed(self, message, before)]
        if self.mention in text and not channel.direct:
            told.append(events.mentioned(self, message))
        self.tell(*told, channel=channel)

    async def deletes(self, user: User, message: Message) -> None:
        """Delete one's own message; one that has answers leaves a tombstone, and that is what is told."""
        if message.user != user.id:
            raise Refused("cant_delete_message")
        self.tell(removed(self, message), channel=self.channels[message.channel])

    async def unfurls(self, message: Message) -> None:
        """Slack shows a link within a message: changed, but not edited."""
        before = events.message_json(self, message)
        message.attachments = [{"id": 1, "from_url": "https://docs.test/", "title": "Docs", "fallback": "Docs"}]
        self.tell(events.changed(self, message, before), channel=self.channels[message.channel])

    async def uploads(self, user: User, place: Place, text: str, file: File, thread: Thread = None) -> Message:
        """Post a message with a file."""
        channel = self._entered(user, place)
        self.files[file.id] = file
        message = self.write(Message(channel.id, self.new_ts(), user.id, as_sent(text), root_ts(thread), files=[file]))
        told = [events.posted(self, message)]
        if self.mention in text and not channel.direct:
            told.append({**events.mentioned(self, message), "files": [events.file_json(file)]})
        self.tell(*told, channel=channel)
        return message

    async def reacts(self, user: User, message: Message | Seen, name: str) -> None:
        message_of(message).reactions.setdefault(name, []).append(user.id)

    async def runs(self, user: User, place: Place, command: str, text: str = "", thread: Thread = None) -> Json | None:
        """Run a slash command; what it was acknowledged with, which is also posted.

        Raises:
            Refused: In a thread, where Slack itself says no.
        """
        if thread is not None:
            raise Refused("not_supported_in_threads")
        channel = self.place(place)
        payload = {
            "token": self.verification_token,
            "team_id": self.team,
            "team_domain": self.team_domain,
            "channel_id": channel.id,
            "channel_name": channel.ref["name"],
            "user_id": user.id,
            "user_name": user.name.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "is_enterprise_install": "false",
            "response_url": self.response_url(channel.id, user.id, None),
            "trigger_id": self.trigger(user.id),
        }
        _, reply = await self.ask("slash_commands", user.id, payload)
        if reply and (reply.get("text") or reply.get("blocks")):
            self.respond(reply, channel.id, user.id, None)
        return reply

    async def presses(self, user: User, shown: Message | Seen | View, button: str) -> bool:
        """Press what has that label or action id; whether the bot acknowledged it.

        Raises:
            AssertionError: There is no such button for this person.
        """
        pressed = self._pressed(user, shown, button)
        action = {**pressed, "action_ts": self.new_ts()}
        payload = self._interaction("block_actions", user) | {"actions": [action]}
        if isinstance(shown, View):
            payload |= {"container": {"type": "view", "view_id": shown.id}, "view": self.view_json(shown)}
        else:
            payload |= self._where_pressed(user, message_of(shown))
        acked, _ = await self.ask("interactive", user.id, payload)
        return acked

    async def submits(self, user: User, view: View, values: Json | None = None) -> Json | None:
        """Send a modal with what was filled in, by label, block id or action id; what it was acknowledged with.

        Raises:
            AssertionError: The modal is not open, or Slack itself would not send it.
        """
        assert (view.open, view.user) == (True, user.id), f"{user.name} has no such modal open"
        filled = {**view.payload, "state": {"values": forms.fill(view.payload["blocks"], values or {})}}
        told = {**self.view_json(view), **filled, "id": view.id}
        payload = self._interaction("view_submission", user) | {"view": told, "response_urls": []}
        acked, reply = await self.ask("interactive", user.id, payload)
        if acked:
            self._submitted(view, reply or {})
        return reply

    async def closes(self, user: User, view: View) -> None:
        """Cancel a modal; the bot is told only if it asked for that."""
        view.open = False
        if view.payload.get("notify_on_close"):
            payload = self._interaction("view_closed", user) | {"view": self.view_json(view), "is_cleared": False}
            await self.ask("interactive", user.id, payload)

    async def opens_home(self, user: User, tab: str = "home") -> None:
        channel = self.dm(user)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
        event["event_ts"] = self.new_ts()
        if tab == "home" and user.id in self.homes:
            event["view"] = self.view_json(self.homes[user.id])
        self.tell(event)

    async def stops(self, user: User, place: Place, thread: Thread) -> None:
        """Press Slack's own stop button; the session's status stays, as it does in Slack.

        Raises:
            AssertionError: There is no such button: nothing is in progress.
        """
        channel, root = self.place(place), root_ts(thread)
        streaming = [m for m in self.messages if m.streaming and (m.channel, m.root_ts) == (channel.id, root)]
        busy = streaming or self.session(channel, thread) == "processing" or self.status(channel, thread)
        assert busy, "no stop button is shown there"
        for message in streaming:
            self.end_stream(message.ts, self.stopped_error)
        stopped = {"streaming_message_ts": [message.ts for message in streaming], "event_ts": self.new_ts()}
        event = {"type": "agent_session_stopped", "channel": channel.id, "thread_ts": root, "user": user.id}
        self.tell(event | stopped, channel=channel)

    def _entered(self, user: User, place: Place) -> Channel:
        channel = self.place(place)
        if user.id not in channel.members:
            if channel.kind != "channel":
                raise Refused("channel_not_found")
            channel.members.add(user.id)  # whoever writes in a public channel joins it
        return channel

    def _interaction(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team},
            "api_app_id": self.app_id,
            "token": self.verification_token,
            "trigger_id": self.trigger(user.id),
            "team": {"id": self.team, "domain": self.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _pressed(self, user: User, shown: Message | Seen | View, button: str) -> Json:
        if isinstance(shown, View):
            blocks = shown.payload["blocks"]
        else:
            message = message_of(shown)
            hidden = message.deleted or message.ephemeral_to not in {None, user.id}
            assert not hidden, f"{user.name} does not see that message"
            blocks = message.all_blocks
        labels: list[str] = []
        for block, element in elements(blocks):
            for label, action in pressable(element):
                names = {label, action["text"]["text"], action.get("accessibility_label"), action["action_id"]}
                if button in names:
                    return _action(action, block)
                labels.append(label)
        raise AssertionError(f"no button {button!r}; there are {labels}")

    def _where_pressed(self, user: User, message: Message) -> Json:
        channel = self.channels[message.channel]
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = message.ephemeral_to is not None
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        told: Json = {
            "container": container,
            "channel": channel.ref,
            "state": {"values": {}},
            "response_url": self.response_url(channel.id, user.id, message),
        }
        if not message.ephemeral_to:
            told["message"] = events.message_json(self, message)
        return told

    def _submitted(self, view: View, reply: Json) -> None:
        match reply.get("response_action"):
            case "errors":
                blocks = {block["block_id"] for block in view.payload["blocks"]}
                assert set() < set(reply["errors"]) <= blocks, f"errors for no block of it: {reply}"
                view.errors = reply["errors"]
            case "update":
                view.payload = reply["view"]
            case "push":
                self.views.append(View(self.new_id("V"), view.user, reply["view"], secrets.token_hex(8)))
            case "clear":
                for open_view in self.views:
                    open_view.open = open_view.open and open_view.user != view.user
            case _:
                view.open = False


def _action(action: Json, block: Json) -> Json:
    kept = ("type", "action_id", "text", "value", "style")
    return {**{key: action[key] for key in kept if key in action}, "block_id": block["block_id"]}
