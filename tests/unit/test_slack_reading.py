"""Slack's payloads, as they really come, read as messages, deletions, presses and commands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Deletion, Thread
from bot.platforms.slack.reading import click_of, deletion_of, moment_of, note_of, submission_of, typed_of

MESSAGE = {"type": "message", "user": "U1", "text": "hello", "ts": "11.0", "channel": "C1", "team": "T1"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "subtype", "message", "previous_message", "channel", "ts", "user", "view", "actions",
                         "container", "action_id", "value", "private_metadata", "callback_id", "state", "edited"]),
        inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


def told(**event: Any) -> dict[str, Any]:
    return {"event_id": "Ev1", "event": {**MESSAGE, **event}}


def changed(message: dict[str, Any], before: dict[str, Any], **event: Any) -> dict[str, Any]:
    return {
        "event_id": "Ev2",
        "event": {
            "type": "message",
            "subtype": "message_changed",
            "channel": "C1",
            "ts": "99.0",
            "message": {**MESSAGE, **message},
            "previous_message": {**MESSAGE, **before},
            **event,
        },
    }


def test_a_message_is_read_with_its_thread_and_its_writer() -> None:
    note = note_of(told(thread_ts="10.0", user_team="T2", source_team="T2"), "UBOT")
    assert note is not None
    assert note.place == Thread("slack", "C1", "10.0")
    assert (note.ts, note.user, note.team, note.is_thread, note.is_edited) == ("11.0", "U1", "T2", True, False)


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_what_people_write_in_other_ways_is_written_all_the_same(subtype: str) -> None:
    note = note_of(told(subtype=subtype), "UBOT")
    assert note is not None
    assert not note.is_by_bot


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "reminder_add", "huddle_thread", "tombstone"])
def test_what_merely_happened_is_no_message(subtype: str) -> None:
    assert note_of(told(subtype=subtype), "UBOT") is None


@pytest.mark.parametrize(
    "sign", [{"bot_id": "B1"}, {"user": "UBOT"}, {"user": ""}, {"subtype": "bot_message"}, {"user": "USLACKBOT"}]
)
def test_bots_are_known_by_any_of_their_signs(sign: dict[str, str]) -> None:
    told_by = {**sign, **({"user": ""} if "subtype" in sign else {})}
    note = note_of(told(**told_by), "UBOT")
    assert note is not None
    assert note.is_by_bot


def test_an_edit_is_told_apart_from_a_link_that_unfolds_and_a_reply_that_is_counted() -> None:
    edited = {"edited": {"user": "U1", "ts": "12.0"}, "text": "hello there"}
    note = note_of(changed(edited, {}), "UBOT")
    assert note is not None
    assert (note.is_edited, note.raw, note.ts) == (True, "hello there", "11.0")
    assert note_of(changed({"attachments": [{"id": 1}]}, {}), "UBOT") is None
    assert note_of(changed({**edited, "attachments": [{"id": 1}]}, edited), "UBOT") is None
    assert note_of(changed({"reply_count": 1, "latest_reply": "12.0"}, {}), "UBOT") is None


def test_a_mention_after_an_edit_is_an_edit() -> None:
    note = note_of(told(type="app_mention", edited={"user": "U1", "ts": "12.0"}), "UBOT")
    assert note is not None
    assert (note.is_edited, note.names_bot) == (True, True)


def test_a_deletion_is_told_in_two_ways() -> None:
    in_thread = told(
        subtype="message_deleted", deleted_ts="11.0", ts="99.0", previous_message={**MESSAGE, "thread_ts": "10.0"}
    )
    assert deletion_of(in_thread) == Deletion(Thread("slack", "C1", "10.0"), "11.0")
    tombstone = {"subtype": "tombstone", "hidden": True, "user": "USLACKBOT", "ts": "11.0", "thread_ts": "11.0"}
    told_so = changed(tombstone, {"thread_ts": "11.0"})
    assert deletion_of(told_so) == Deletion(Thread("slack", "C1", "11.0"), "11.0")
    assert note_of(told_so, "UBOT") is None
    assert deletion_of(told()) is None
    assert deletion_of(changed({"text": "x"}, {})) is None


PRESS: dict[str, Any] = {
    "type": "block_actions",
    "trigger_id": "1.2.3",
    "user": {"id": "U1", "team_id": "T2"},
    "channel": {"id": "C1", "name": "general"},
    "message": {"ts": "12.0", "thread_ts": "11.0"},
    "container": {
        "type": "message",
        "message_ts": "12.0",
        "channel_id": "C1",
        "is_ephemeral": False,
        "thread_ts": "11.0",
    },
    "response_url": "https://hooks.test/1",
    "actions": [{"action_id": "ragbot:why", "value": "ref1", "action_ts": "13.0", "block_id": "b"}],
}


def test_a_press_is_read_with_where_and_by_whom() -> None:
    click = click_of(PRESS)
    assert click is not None
    assert click.place == Thread("slack", "C1", "11.0")
    assert (click.user, click.team, click.action, click.reference, click.message) == ("U1", "T2", "why", "ref1", "12.0")
    assert click.event_id == "13.0:U1"


@pytest.mark.parametrize(("thread", "expected"), [({}, ""), ({"thread_ts": "11.0"}, "11.0")])
def test_a_press_in_a_message_for_one_alone_has_no_message(thread: dict[str, str], expected: str) -> None:
    container = {"type": "message", "message_ts": "12.0", "channel_id": "C1", "is_ephemeral": True, **thread}
    click = click_of({**PRESS, "message": None, "container": container})
    assert click is not None
    assert (click.message, click.thread) == ("", expected)


def test_both_thumbs_are_one_element() -> None:
    thumb = {"type": "feedback_buttons", "action_id": "ragbot:feedback", "value": "bad:ref1", "action_ts": "13.0"}
    click = click_of({**PRESS, "actions": [thumb]})
    assert click is not None
    assert (click.action, click.reference) == ("bad", "ref1")


@pytest.mark.parametrize(
    "actions",
    [None, [], "x", ["x"], [{}], [{"action_id": "why", "value": "r"}], [{"action_id": "ragbot:drop"}],
     [{"action_id": "ragbot:why", "value": "a b"}], [{"action_id": "ragbot:why", "value": "\0"}],
     [{"action_id": "ragbot:feedback", "value": "ref1"}]],
)  # fmt: skip
def test_what_is_no_button_of_ours_is_nothing(actions: object) -> None:
    assert click_of({**PRESS, "actions": actions}) is None


def submitted(metadata: object, written: object = None) -> dict[str, Any]:
    state = {"values": {"text": {"text": {"type": "plain_text_input", "value": written}}}}
    view = {"id": "V1", "hash": "h", "callback_id": "ragbot:hand_over", "private_metadata": metadata, "state": state}
    return {"type": "view_submission", "user": {"id": "U1", "team_id": "T1"}, "view": view}


def test_a_dialogue_brings_back_what_it_was_about() -> None:
    pressed = click_of(PRESS)
    assert pressed is not None
    click = submission_of(submitted(pressed.stub, "  please  "))
    assert click is not None
    assert (click.action, click.reference, click.text) == ("hand_over", "ref1", "please")
    assert click.place == pressed.place
    assert submission_of(submitted(pressed.stub)) is not None


@pytest.mark.parametrize(
    "metadata", [None, "", "7", "{}", "[1, 2, 3]", '["r", "", "1.0"]', '["a b", "C1", ""]', "[[", 7]
)
def test_a_broken_memory_of_a_dialogue_is_nothing(metadata: object) -> None:
    assert submission_of(submitted(metadata)) is None


def test_a_slash_command_is_read_as_it_is_typed() -> None:
    body = {
        "command": "/ask", "text": "what?", "channel_id": "D1", "channel_name": "directmessage", "user_id": "U1",
        "team_id": "T1", "trigger_id": "1.2.3", "response_url": "https://x.test/1", "is_enterprise_install": "false",
    }  # fmt: skip
    typed = typed_of(body)
    assert (typed.command, typed.text, typed.channel, typed.user, typed.id) == ("ask", "what?", "D1", "U1", "1.2.3")
    assert typed_of({**body, "command": "/handbook"}).command == "rag"
    assert typed_of({}).text == ""


def test_a_time_stamp_is_a_moment_if_it_is_one() -> None:
    moment = moment_of("1764547200.000100")
    assert moment is not None
    assert moment.isoformat() == "2025-12-01T00:00:00.000100+00:00"
    assert moment_of("command-1.2.3") is None
    assert moment_of("9" * 400) is None


@given(JSON)
def test_no_payload_brings_it_down(body: object) -> None:
    payload = body if isinstance(body, dict) else {"event": body}
    for read in (lambda told: note_of(told, "UBOT"), deletion_of, click_of, submission_of, typed_of):
        read(payload)
