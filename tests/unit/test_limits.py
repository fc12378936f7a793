from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.routing.limits import MinuteLimit


class Time:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_without_a_limit_nobody_waits() -> None:
    limit = MinuteLimit(Time())
    for _ in range(1_000):
        assert limit.wait_s(1_000_000) == 0
        limit.take(1_000_000)


def test_requests_beyond_the_limit_wait_until_the_oldest_is_a_minute_old() -> None:
    time = Time()
    limit = MinuteLimit(time, requests=2)
    limit.take(1)
    time.s = 10
    limit.take(1)
    assert limit.wait_s(1) == 50
    time.s = 60
    assert limit.wait_s(1) == 0
    limit.take(1)
    assert limit.wait_s(1) == 10


def test_tokens_beyond_the_limit_wait_until_enough_are_a_minute_old() -> None:
    time = Time()
    limit = MinuteLimit(time, tokens=1_000)
    for at_s in (0, 10, 20):
        time.s = at_s
        limit.take(300)
    time.s = 30
    assert limit.wait_s(100) == 0
    assert limit.wait_s(101) == 30
    assert limit.wait_s(500) == 40
    assert limit.wait_s(1_000) == 50


def test_a_request_larger_than_a_minute_waits_for_an_empty_one_and_not_for_ever() -> None:
    time = Time()
    limit = MinuteLimit(time, tokens=1_000)
    assert limit.wait_s(5_000) == 0
    limit.take(5_000)
    time.s = 20
    assert limit.wait_s(5_000) == 40


def test_what_was_used_replaces_what_was_expected() -> None:
    time = Time()
    limit = MinuteLimit(time, tokens=1_000)
    taken = limit.take(900)
    assert limit.wait_s(500) == 60
    limit.settle(taken, 200)
    assert limit.wait_s(500) == 0
    time.s = 61
    assert limit.wait_s(1_000) == 0
    limit.settle(taken, 700)  # its minute is over
    assert limit.wait_s(1_000) == 0


@given(
    st.integers(1, 5),
    st.integers(10, 100),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 60)), max_size=40),
)
def test_whoever_waits_as_told_never_goes_over_a_limit(
    requests: int, tokens: int, asked: list[tuple[float, int]]
) -> None:
    time = Time()
    limit = MinuteLimit(time, requests=requests, tokens=tokens)
    sent: list[tuple[float, int]] = []
    for pause_s, size in asked:
        time.s += pause_s
        time.s += limit.wait_s(size)
        assert limit.wait_s(size) < 1e-6
        limit.take(size)
        sent.append((time.s, size))
        window = [count for at_s, count in sent if at_s > time.s - 60 + 1e-6]
        assert len(window) <= requests
        assert sum(window) <= tokens or len(window) == 1
