"""Answers under way are stopped on purpose, end with their time, and say which of the two it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.entries import Wish
from bot.messages import Question, Thread
from bot.underway import Stopped, UnderWay
from tests.fakes.room import ANA

HERE, THERE = Thread("room", "C1", "1"), Thread("room", "C1", "2")


def _question(reference: str, thread: Thread = HERE) -> Question:
    return Question(reference=reference, thread=thread, message_id=reference, author=ANA, text="What?")


async def _never() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def _answering(
    under_way: UnderWay, question: Question, body: Callable[[], Awaitable[object]] = _never
) -> AsyncIterator[asyncio.Task[None]]:
    """An answer that has begun, in a task of its own."""
    begun = asyncio.Event()

    async def answer() -> None:
        async with under_way.run(question) as scope:
            under_way.limit(scope)
            begun.set()
            await body()

    task = asyncio.create_task(answer())
    await begun.wait()
    yield task
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
def under_way() -> UnderWay:
    return UnderWay(longest_s=3_600)


async def test_one_that_is_left_alone_ends_by_itself(under_way: UnderWay) -> None:
    async with under_way.run(_question("a")) as scope:
        under_way.limit(scope)
        assert [question.reference for question in under_way.questions] == ["a"]
    assert under_way.questions == ()


@pytest.mark.parametrize("wish", ["stop", "superseded", "retracted"])
async def test_one_that_is_stopped_says_what_for(under_way: UnderWay, wish: Wish) -> None:
    async with _answering(under_way, _question("a")) as task:
        assert under_way.stop("a", wish)
        with pytest.raises(Stopped) as stopped:
            await task
    assert stopped.value.wish == wish
    assert under_way.questions == ()


async def test_one_that_waits_in_line_is_stopped_too(under_way: UnderWay) -> None:
    async def waited() -> None:
        async with under_way.run(_question("a")) as run:
            under_way.stop("a", "stop")
            stops_at = run.scope.when()
            under_way.limit(run)  # its turn comes all the same
            assert run.scope.when() == stops_at
            await _never()

    with pytest.raises(Stopped):
        await waited()


async def test_what_does_not_run_here_cannot_be_stopped_here(under_way: UnderWay) -> None:
    async with _answering(under_way, _question("a")) as task:
        assert not under_way.stop("b", "stop")
        assert not task.done()
        assert under_way.stop("a", "stop")
        await asyncio.wait([task])
        assert not under_way.stop("a", "stop")


async def test_only_the_one_that_is_meant_is_stopped(under_way: UnderWay) -> None:
    async with _answering(under_way, _question("a")) as first, _answering(under_way, _question("b")) as second:
        under_way.stop("a", "stop")
        await asyncio.wait([first])
        assert not second.done()
        assert [question.reference for question in under_way.questions] == ["b"]


async def test_of_a_conversation_the_last_one_is_stopped(under_way: UnderWay) -> None:
    questions = [_question("a"), _question("b"), _question("c", THERE)]
    async with (
        _answering(under_way, questions[0]) as a,
        _answering(under_way, questions[1]) as b,
        _answering(under_way, questions[2]) as c,
    ):
        assert under_way.questions == tuple(questions)
        assert under_way.stop(under_way.last_in(HERE), "stop")
        await asyncio.wait([b])
        assert [task.done() for task in (a, b, c)] == [False, True, False]
        assert under_way.stop(under_way.last_in(HERE), "stop")
        await asyncio.wait([a])
        assert not under_way.last_in(HERE)
        assert not c.done()


async def test_one_that_takes_too_long_ends_as_that() -> None:
    under_way = UnderWay(longest_s=0)
    async with _answering(under_way, _question("a")) as task:
        with pytest.raises(TimeoutError):
            await task
    assert under_way.questions == ()


async def test_its_time_begins_once(under_way: UnderWay) -> None:
    async with under_way.run(_question("a")) as run:
        assert run.scope.when() is None
        under_way.limit(run)
        ends_at = run.scope.when()
        assert ends_at is not None
        under_way.longest_s = 0
        under_way.limit(run)
        assert run.scope.when() == ends_at


async def test_an_error_of_its_own_is_told_as_it_is(under_way: UnderWay) -> None:
    with pytest.raises(LookupError):
        async with under_way.run(_question("a")):
            raise LookupError
    assert under_way.questions == ()


async def test_a_timeout_of_its_own_is_told_as_it_is_though_somebody_has_just_stopped_it(under_way: UnderWay) -> None:
    async def hung_up() -> None:
        async with under_way.run(_question("a")):
            under_way.stop("a", "stop")
            raise TimeoutError("upstream")

    with pytest.raises(TimeoutError, match="upstream"):
        await hung_up()


@pytest.mark.parametrize(
    ("wishes", "heard"),
    [
        (("stop", "retracted"), "retracted"),
        (("stop", "superseded"), "superseded"),
        (("retracted", "superseded"), "retracted"),
        (("retracted", "stop"), "retracted"),
        (("stop", "stop"), "stop"),
    ],
)
async def test_of_several_wishes_the_strongest_is_heard(
    under_way: UnderWay, wishes: tuple[Wish, ...], heard: Wish
) -> None:
    async with _answering(under_way, _question("a")) as task:
        for wish in wishes:
            assert under_way.stop("a", wish)
        with pytest.raises(Stopped) as stopped:
            await task
    assert stopped.value.wish == heard


class _Closing:
    """An answer that takes its time to end: it closes its connections first."""

    def __init__(self) -> None:
        self.is_ending = asyncio.Event()
        self.may_end = asyncio.Event()

    async def body(self) -> None:
        try:
            await _never()
        finally:
            self.is_ending.set()
            await self.may_end.wait()


async def test_a_wish_that_comes_while_it_ends_is_still_heard(under_way: UnderWay) -> None:
    closing = _Closing()
    async with _answering(under_way, _question("a"), closing.body) as task:
        under_way.stop("a", "stop")
        await closing.is_ending.wait()
        assert under_way.stop("a", "retracted")
        closing.may_end.set()
        with pytest.raises(Stopped) as stopped:
            await task
    assert stopped.value.wish == "retracted"


async def test_one_may_be_stopped_while_it_ends_for_taking_too_long() -> None:
    closing = _Closing()
    under_way = UnderWay(longest_s=0)
    async with _answering(under_way, _question("a"), closing.body) as task:
        await closing.is_ending.wait()
        assert under_way.stop("a", "stop")
        closing.may_end.set()
        with pytest.raises(Stopped):
            await task


@pytest.mark.parametrize("wish", ["superseded", "retracted"])
async def test_an_answer_that_was_whole_before_it_could_be_stopped_is_not_wanted_all_the_same(
    under_way: UnderWay, wish: Wish
) -> None:
    with pytest.raises(Stopped) as stopped:
        async with under_way.run(_question("a")):
            under_way.stop("a", wish)
    assert stopped.value.wish == wish


async def test_but_one_that_was_only_to_be_stopped_is_whole(under_way: UnderWay) -> None:
    async with under_way.run(_question("a")):
        under_way.stop("a", "stop")
    assert under_way.questions == ()


async def test_whoever_is_cancelled_from_outside_is_cancelled(under_way: UnderWay) -> None:
    closing = _Closing()
    async with _answering(under_way, _question("a"), closing.body) as task:
        under_way.stop("a", "stop")
        await closing.is_ending.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_what_was_wished_meanwhile_weighs_more_than_what_it_found_out_by_itself(under_way: UnderWay) -> None:
    async def lost() -> None:
        async with under_way.run(_question("a")):
            under_way.stop("a", "retracted")
            raise Stopped("superseded")

    with pytest.raises(Stopped) as stopped:
        await lost()
    assert stopped.value.wish == "retracted"


async def test_one_that_is_expected_can_be_ended_before_it_begins(under_way: UnderWay) -> None:
    question = _question("a")
    under_way.expect(question)
    ending = asyncio.create_task(under_way.end("a", "superseded"))
    await asyncio.sleep(0)
    assert under_way.is_unwanted(question)
    assert not ending.done(), "what is expected may still touch the reply"

    async with under_way.holding(question):
        with pytest.raises(Stopped) as stopped:
            async with under_way.run(question):
                pytest.fail("it began")

    assert stopped.value.wish == "superseded"
    assert not await ending, "it did not run"
    assert not await under_way.end("a", "superseded"), "it is over"


async def test_one_that_is_held_twice_is_held_until_the_last_has_let_go(under_way: UnderWay) -> None:
    question = _question("a")
    async with under_way.holding(question):
        async with under_way.holding(question):
            pass
        ending = asyncio.create_task(under_way.end("a", "retracted"))
        await asyncio.sleep(0)
        assert not ending.done()
    assert not await ending


async def test_one_that_was_expected_and_never_began_is_waited_for_no_longer(under_way: UnderWay) -> None:
    question = _question("a")
    under_way.expect(question)
    ending = asyncio.create_task(under_way.end("a", "retracted"))
    await asyncio.sleep(0)
    assert not ending.done()

    under_way.give_up(question)

    assert not await ending
    assert not await under_way.end("a", "retracted")


async def test_one_that_has_begun_is_not_given_up(under_way: UnderWay) -> None:
    question = _question("a")
    async with under_way.holding(question):
        under_way.give_up(question)
        ending = asyncio.create_task(under_way.end("a", "retracted"))
        await asyncio.sleep(0)
        assert not ending.done()
    await ending
