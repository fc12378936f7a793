"""How long an answer is waited for, and who else may end the waiting."""

from __future__ import annotations

import asyncio

import pytest

from rag.providers.options import Timeouts
from rag.providers.patience import Patience


def _patience(**timeouts: float) -> Patience:
    return Patience(Timeouts(**timeouts), streaming=True)


async def _wait(patience: Patience, event: asyncio.Event | None = None) -> None:
    with patience:
        await (event or asyncio.Event()).wait()


async def test_a_wait_ends_when_its_time_is_up_and_so_does_every_other() -> None:
    patience = _patience(first_token_s=0.02)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await _wait(patience)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_whole_is_bounded_however_it_gets_on() -> None:
    time = asyncio.get_running_loop().time
    begun = time()
    patience = _patience(total_s=0.05, first_token_s=9, between_tokens_s=9)
    patience.progressed()
    with pytest.raises(TimeoutError):
        await _wait(patience)
    assert time() - begun < 9


async def test_an_alarm_that_rings_while_nobody_waits_is_nobodys() -> None:
    patience = _patience(first_token_s=0.02, between_tokens_s=5)
    come = asyncio.Event()
    come.set()
    await _wait(patience, come)
    patience.progressed()
    await asyncio.sleep(0.04)
    await _wait(patience, come)
    patience.close()


async def test_an_alarm_that_rings_too_early_is_set_again() -> None:
    time = asyncio.get_running_loop().time
    begun = time()
    patience = _patience(first_token_s=0.02, between_tokens_s=9, total_s=0.1)
    come = asyncio.Event()
    come.set()
    await _wait(patience, come)
    patience.progressed()
    with pytest.raises(TimeoutError):
        await _wait(patience)
    assert 0.1 <= time() - begun < 9


async def test_whoever_is_cancelled_by_others_is_not_told_that_time_ran_out() -> None:
    waiting = asyncio.ensure_future(_wait(_patience(first_token_s=5)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_of_an_alarm_and_a_cancellation_at_once_the_cancellation_holds() -> None:
    loop = asyncio.get_running_loop()
    waiting = asyncio.ensure_future(_wait(_patience(first_token_s=0.02)))
    await asyncio.sleep(0)
    loop.call_at(loop.time() + 0.02, waiting.cancel)
    deadline = loop.time() + 0.04
    while loop.time() < deadline:  # nothing else runs meanwhile: both are due at one moment
        pass
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
