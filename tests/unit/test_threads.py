"""When the bot answers in a conversation, and when it keeps quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Addressed
from bot.threads import Standing, ThreadState, is_for_the_bot

BEGUN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDLE = timedelta(hours=24)
MOMENT = timedelta(microseconds=1)
STATES: tuple[ThreadState, ...] = ("active", "muted", "handed_over")
ADDRESSED: tuple[Addressed, ...] = ("mention", "direct", "thread", "others")


def _is_answered(addressed: Addressed, state: ThreadState | None, silence: timedelta = timedelta()) -> bool:
    standing = None if state is None else Standing(state, BEGUN)
    return is_for_the_bot(addressed, standing, BEGUN + silence, IDLE)


@pytest.mark.parametrize("silence", [timedelta(), IDLE, timedelta(days=400)])
@pytest.mark.parametrize("state", [None, *STATES])
def test_whoever_names_the_bot_is_always_answered(state: ThreadState | None, silence: timedelta) -> None:
    assert _is_answered("mention", state, silence)


@pytest.mark.parametrize("state", [None, *STATES])
def test_what_is_said_to_others_never_is(state: ThreadState | None) -> None:
    assert not _is_answered("others", state)


def test_in_an_active_conversation_follow_ups_need_no_mention() -> None:
    assert _is_answered("thread", "active")


def test_nor_for_as_long_as_it_is_not_idle() -> None:
    assert _is_answered("thread", "active", IDLE - MOMENT)
    assert not _is_answered("thread", "active", IDLE)


def test_in_a_thread_that_nobody_has_begun_the_bot_keeps_quiet() -> None:
    assert not _is_answered("thread", None)


@pytest.mark.parametrize("silence", [timedelta(), IDLE, timedelta(days=400)])
@pytest.mark.parametrize("addressed", ["thread", "direct"])
@pytest.mark.parametrize("state", ["muted", "handed_over"])
def test_where_it_was_told_to_keep_quiet_it_does_until_it_is_named(
    state: ThreadState, addressed: Addressed, silence: timedelta
) -> None:
    assert not _is_answered(addressed, state, silence)


@pytest.mark.parametrize("silence", [timedelta(), IDLE, timedelta(days=400)])
def test_a_direct_message_is_answered_however_long_nobody_said_anything(silence: timedelta) -> None:
    assert _is_answered("direct", "active", silence)
    assert _is_answered("direct", None, silence)


@pytest.mark.parametrize("state", [None, *STATES])
def test_only_the_silence_of_threads_has_a_length(state: ThreadState | None) -> None:
    told = [is_for_the_bot(each, state and Standing(state, BEGUN), BEGUN, timedelta()) for each in ADDRESSED]
    assert told == [True, state in {None, "active"}, False, False]
