from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.routing.breaker import Breaker, BreakerSettings


class Time:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def breaker(time: Time, *, jitter: float = 0.0) -> Breaker:
    return Breaker(BreakerSettings(failures=3, rest_s=30, longest_rest_s=100), time, jitter=lambda: jitter)


def fail(tried: Breaker, times: int = 1) -> None:
    for _ in range(times):
        tried.failed(probe=tried.begin())


def test_it_opens_at_the_third_failure_in_a_row_and_not_before() -> None:
    tried = breaker(Time())
    fail(tried, 2)
    assert tried.state == "closed"
    fail(tried)
    assert tried.state == "open"
    assert not tried.lets_pass()
    assert tried.rest_left_s == 30


def test_a_success_between_failures_forgives_them() -> None:
    tried = breaker(Time())
    for _ in range(4):
        fail(tried, 2)
        tried.begin()
        tried.succeeded()
        tried.begin()
        tried.succeeded()
        tried.begin()
        tried.succeeded()
    assert tried.state == "closed"


def test_what_fails_every_other_time_opens_it_too() -> None:
    tried = breaker(Time())
    for _ in range(5):
        tried.begin()
        tried.succeeded()
        fail(tried)
    assert tried.error_rate == 0.5
    assert tried.state == "open"


def test_after_the_rest_exactly_one_request_probes() -> None:
    time = Time()
    tried = breaker(time)
    fail(tried, 3)
    time.s += 30
    assert tried.state == "half_open"
    assert tried.lets_pass()
    tried.begin()
    assert not tried.lets_pass()
    tried.succeeded()
    assert tried.state == "closed"
    assert tried.lets_pass()


def test_a_probe_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    time = Time()
    tried = breaker(time)
    fail(tried, 3)
    rests = []
    for _ in range(3):
        rests.append(tried.rest_left_s)
        time.s += tried.rest_left_s
        fail(tried)
    assert [*rests, tried.rest_left_s] == [30, 60, 100, 100]


def test_a_probe_that_ends_without_a_verdict_lets_the_next_one_probe() -> None:
    time = Time()
    tried = breaker(time)
    fail(tried, 3)
    time.s += 30
    tried.abandoned(probe=tried.begin())
    assert tried.lets_pass()
    assert tried.state == "half_open"


def test_a_rest_that_is_named_opens_it_at_once_for_exactly_as_long() -> None:
    time = Time()
    tried = breaker(time, jitter=1.0)
    tried.failed(probe=tried.begin(), rest_s=2.5)
    assert tried.rest_left_s == 2.5
    time.s += 2.5
    assert tried.lets_pass()


def test_a_shorter_rest_does_not_cut_a_longer_one_short() -> None:
    tried = breaker(Time())
    tried.rest(50)
    tried.rest(5)
    assert tried.rest_left_s == 50


def test_rests_differ_a_little_from_process_to_process() -> None:
    tried = breaker(Time(), jitter=0.5)
    fail(tried, 3)
    assert tried.rest_left_s == 33


def test_nothing_is_known_before_the_first_request() -> None:
    assert breaker(Time()).error_rate is None


def test_requests_from_before_do_not_disturb_the_probe() -> None:
    time = Time()
    tried = breaker(time)
    before = [tried.begin() for _ in range(5)]
    for probe in before[:3]:
        tried.failed(probe=probe)
    time.s += 30
    tried.begin()
    tried.abandoned(probe=before[3])
    tried.failed(probe=before[4])
    assert not tried.lets_pass()
    assert tried.state == "half_open"


@given(st.lists(st.sampled_from(["ask", "succeed", "fail", "abandon", "wait"]), max_size=60))
def test_at_most_one_request_is_on_its_way_to_what_has_just_failed(steps: list[str]) -> None:
    time = Time()
    tried = breaker(time)
    under_way: list[bool] = []
    for step in steps:
        if step == "wait":
            time.s += 31
        elif step == "ask":
            if tried.lets_pass():
                under_way.append(tried.begin())
        elif under_way:
            probe = under_way.pop(0)
            if step == "succeed":
                tried.succeeded()
                under_way = [False for _ in under_way]  # closed again, there is nothing left to probe
            elif step == "fail":
                tried.failed(probe=probe)
            else:
                tried.abandoned(probe=probe)
        assert under_way.count(True) <= 1
