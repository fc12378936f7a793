"""How often Discord is called: as often as it takes, and the ends of answers before all else."""

from __future__ import annotations

import asyncio

from bot.platforms.discord.pace import Pace, Turns
from tests.fakes.clock import FakeClock


class Writer:
    """An answer that is being written."""


async def begun(turns: Turns, clock: FakeClock, calls: int) -> list[float]:
    """When each of so many calls was begun that all came at once."""
    at: list[float] = []

    async def call() -> None:
        async with turns.turn():
            at.append(clock.monotonic())

    await asyncio.gather(*(call() for _ in range(calls)))
    return at


async def test_no_more_calls_are_begun_in_any_second_than_discord_takes() -> None:
    clock = FakeClock()
    at = await begun(Turns(clock, is_limited=True), clock, 200)

    assert at == sorted(at)
    assert all(later - earlier >= 1.0 for earlier, later in zip(at, at[45:], strict=False))
    assert at[-1] < 5.0


async def test_each_of_several_processes_takes_its_share() -> None:
    clock = FakeClock()
    at = await begun(Turns(clock, is_limited=True, share=0.2), clock, 28)

    assert [round(one) for one in (at[8], at[9], at[18], at[27])] == [0, 1, 2, 3]


async def test_a_server_that_refuses_nothing_is_called_at_once_until_it_does() -> None:
    clock = FakeClock()
    turns = Turns(clock, is_limited=False)

    assert set(await begun(turns, clock, 500)) == {0.0}
    turns.refused()
    at = await begun(turns, clock, 100)
    assert at[0] >= 1.0, "what was refused is tried again first"
    assert at[-1] - at[0] >= 1.0
    clock.wind(601)
    assert len(set(await begun(turns, clock, 100))) == 1


async def test_somebody_waits_as_long_as_there_are_more_than_are_taken() -> None:
    clock = FakeClock()
    turns = Turns(clock, is_limited=True)
    waiting = asyncio.create_task(begun(turns, clock, 46))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert turns.is_busy
    await waiting
    assert not turns.is_busy


def test_answers_take_turns_and_leave_room_for_the_ends_of_others() -> None:
    clock = FakeClock()
    clock.wind(1.0)
    pace = Pace(clock)
    first, second = Writer(), Writer()

    assert pace.may_show("1", first)
    assert not pace.may_show("1", second), "who came first shows first"
    with pace.call("1"):
        pace.shown("1", first)
    assert pace.may_show("1", second)
    for _ in range(2):
        with pace.call("1"):
            pace.shown("1", second)
    assert not pace.may_show("1", first), "the two that are left are for ends"
    assert pace.may_show("2", first), "another channel has limits of its own"
    clock.wind(5.1)
    assert pace.may_show("1", first)


def test_calls_that_wait_in_line_count_for_as_long_as_they_wait() -> None:
    clock = FakeClock()
    pace, writer = Pace(clock), Writer()

    with pace.call("1"), pace.call("1"), pace.call("1"), pace.call("1"):
        clock.wind(60)
        assert not pace.may_show("1", writer)
    assert pace.may_show("1", writer)


def test_who_is_over_is_waited_for_by_nobody() -> None:
    pace = Pace(FakeClock())
    first, second = Writer(), Writer()
    pace.may_show("1", first)

    assert not pace.may_show("1", second)
    pace.over("1", first)
    assert pace.may_show("1", second)
