"""Identical questions in flight run once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from rag.cache.together import Together


class Source:
    """Events that a test lets go one by one, and a count of what became of the runs."""

    def __init__(self) -> None:
        self.started = self.closed = 0
        self._queue: asyncio.Queue[str | Exception | None] = asyncio.Queue()

    def send(self, *events: str | Exception | None) -> None:
        """`None` ends the run, an error breaks it."""
        for event in events:
            self._queue.put_nowait(event)

    async def run(self) -> AsyncGenerator[str, None]:
        self.started += 1
        try:
            while (event := await self._queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            await asyncio.sleep(0)  # closing a connection takes its turn too
            self.closed += 1


async def all_of(events: AsyncGenerator[str, None]) -> list[str]:
    async with aclosing(events):
        return [event async for event in events]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody signals it: what is awaited is another task's next step
        await asyncio.sleep(0)


async def test_one_asker_gets_what_the_run_brings() -> None:
    source = Source()
    source.send("a", "b", None)
    async with Together[str]() as together:
        assert await all_of(together.ask("key", source.run)) == ["a", "b"]
        assert "key" not in together
    assert (source.started, source.closed) == (1, 1)


async def test_all_askers_share_one_run_and_get_it_from_the_beginning() -> None:
    source = Source()
    async with Together[str]() as together:
        first = together.ask("key", source.run)
        source.send("a")
        assert await anext(first) == "a"
        assert "key" in together
        late = asyncio.create_task(all_of(together.ask("key", source.run)))
        source.send("b", None)

        assert await all_of(first) == ["b"]
        assert await late == ["a", "b"]
    assert source.started == 1


async def test_other_keys_run_by_themselves() -> None:
    one, other = Source(), Source()
    one.send("a", None)
    other.send("b", None)
    async with Together[str]() as together:
        got = await asyncio.gather(all_of(together.ask("1", one.run)), all_of(together.ask("2", other.run)))
    assert [*got] == [["a"], ["b"]]


async def test_a_finished_run_is_not_joined_any_more() -> None:
    source = Source()
    async with Together[str]() as together:
        for event in ("a", "b"):
            source.send(event, None)
            assert await all_of(together.ask("key", source.run)) == [event]
    assert source.started == 2


async def test_a_slow_asker_holds_nobody_up() -> None:
    source = Source()
    async with Together[str]() as together:
        slow = together.ask("key", source.run)
        source.send("a", "b", "c", None)
        assert await anext(slow) == "a"

        assert await all_of(together.ask("key", source.run)) == ["a", "b", "c"]
        assert await all_of(slow) == ["b", "c"]


async def test_an_asker_who_leaves_takes_nothing_from_the_others() -> None:
    source = Source()
    async with Together[str]() as together:
        leaving, staying = together.ask("key", source.run), together.ask("key", source.run)
        source.send("a")
        assert [await anext(leaving), await anext(staying)] == ["a", "a"]

        await leaving.aclose()
        source.send("b", None)

        assert await all_of(staying) == ["b"]


async def test_when_the_last_asker_leaves_the_run_is_closed_before_the_asker_is_gone() -> None:
    source = Source()
    async with Together[str]() as together:
        asker = together.ask("key", source.run)
        source.send("a")
        await anext(asker)

        await asker.aclose()

        assert source.closed == 1
        assert "key" not in together
        source.send("b", None)
        assert await all_of(together.ask("key", source.run)) == ["b"]


async def test_a_cancelled_asker_ends_its_run() -> None:
    source = Source()
    async with Together[str]() as together:
        asker = asyncio.create_task(all_of(together.ask("key", source.run)))
        await until(lambda: source.started == 1)

        asker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asker

        assert source.closed == 1


async def test_who_asks_while_a_left_run_is_closing_begins_anew() -> None:
    source = Source()
    async with Together[str]() as together:
        leaving = together.ask("key", source.run)
        source.send("a")
        await anext(leaving)
        closing = asyncio.create_task(leaving.aclose())
        await until(lambda: "key" not in together)

        anew = asyncio.create_task(all_of(together.ask("key", source.run)))
        await closing
        source.send("b", None)

        assert await anew == ["b"]
        assert "key" not in together
    assert source.started == 2


async def test_an_error_reaches_every_asker_after_the_events_before_it() -> None:
    source = Source()
    async with Together[str]() as together:
        askers = [together.ask("key", source.run) for _ in range(2)]
        source.send("a", RuntimeError("broken"))
        for asker in askers:
            assert await anext(asker) == "a"
        for asker in askers:
            with pytest.raises(RuntimeError, match="broken"):
                await anext(asker)
    assert (source.started, source.closed) == (1, 1)


async def test_leaving_the_house_ends_what_still_runs() -> None:
    source = Source()
    async with Together[str]() as together:
        asker = asyncio.create_task(all_of(together.ask("key", source.run)))
        await until(lambda: source.started == 1)

    assert source.closed == 1
    with pytest.raises(asyncio.CancelledError):
        await asker
