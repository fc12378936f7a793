"""The stretches of time that quotas are counted in, across midnights, daylight saving and clocks that are set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.quota.windows import Span, Window, bucket, period, reach, room_at

SAO_PAULO, LISBON, KATHMANDU = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon"), ZoneInfo("Asia/Kathmandu")
ZONES = st.sampled_from([UTC, SAO_PAULO, LISBON, KATHMANDU, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Beirut")])
MOMENTS = st.datetimes(min_value=datetime(2017, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SLIDING: list[Window] = ["second", "minute", "hour"]
CALENDAR: list[Window] = ["day", "month"]
LENGTHS = {"second": 1, "minute": 60, "hour": 3600}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.sampled_from(SLIDING + CALENDAR), MOMENTS, ZONES)
def test_a_moment_lies_in_its_bucket_and_its_bucket_counts_at_that_moment(
    window: Window, moment: datetime, zone: tzinfo
) -> None:
    span = bucket(window, moment, zone)
    assert span.since <= moment < span.until
    assert span.overlaps(reach(window, moment, zone))


@given(st.sampled_from(CALENDAR), MOMENTS, ZONES)
def test_days_and_months_follow_each_other_without_gap_or_overlap(
    window: Literal["day", "month"], moment: datetime, zone: tzinfo
) -> None:
    this = period(window, moment, zone)
    following = period(window, this.until, zone)
    assert following.since == this.until
    assert not following.overlaps(this)
    assert period(window, this.until - timedelta(microseconds=1), zone) == this


@given(st.sampled_from(SLIDING), MOMENTS, st.floats(-2, 2))
def test_two_moments_of_one_sliding_window_see_each_other_whichever_came_first(
    window: Window, moment: datetime, shares: float
) -> None:
    """Also where the clock was set back in between: no window that holds both can be over its limit."""
    other = moment + timedelta(seconds=LENGTHS[window] * shares)
    if abs(other - moment) < timedelta(seconds=LENGTHS[window]):
        assert bucket(window, other, UTC).overlaps(reach(window, moment, UTC))


@pytest.mark.parametrize("window", SLIDING)
def test_a_sliding_window_is_at_most_a_hundredth_stricter_than_it_says(window: Window) -> None:
    moment = utc("2026-11-22 12:00:00.007")
    length = timedelta(seconds=LENGTHS[window])
    used = bucket(window, moment, UTC)
    assert used.overlaps(reach(window, moment + length - timedelta(microseconds=1), UTC))
    assert not used.overlaps(reach(window, moment + length * 1.01, UTC))


def test_a_day_begins_at_its_own_midnight() -> None:
    assert period("day", utc("2026-11-30 01:30"), SAO_PAULO) == Span(utc("2026-11-29 03:00"), utc("2026-11-30 03:00"))
    assert period("day", utc("2026-11-30 20:00"), KATHMANDU) == Span(utc("2026-11-30 18:15"), utc("2026-12-01 18:15"))
    assert period("month", utc("2026-12-01 02:59"), SAO_PAULO) == Span(utc("2026-11-01 03:00"), utc("2026-12-01 03:00"))


@pytest.mark.parametrize(
    ("moment", "hours"), [("2026-03-29 12:00", 23), ("2026-10-25 12:00", 25), ("2026-10-26 12:00", 24)]
)
def test_daylight_saving_makes_days_of_23_and_25_hours(moment: str, hours: int) -> None:
    day = period("day", utc(moment), LISBON)
    assert day.until - day.since == timedelta(hours=hours)


def test_a_day_whose_midnight_does_not_exist_begins_when_the_clocks_go_forward() -> None:
    """On 4 November 2018 São Paulo went from 23:59:59 to 01:00."""
    assert period("day", utc("2018-11-04 12:00"), SAO_PAULO).since == utc("2018-11-04 03:00")
    assert period("day", utc("2018-11-04 02:59"), SAO_PAULO).until == utc("2018-11-04 03:00")


def test_a_day_whose_last_hour_comes_twice_is_one_day() -> None:
    """On 18 February 2018 São Paulo went from 24:00 back to 23:00 of the 17th."""
    day = period("day", utc("2018-02-18 01:30"), SAO_PAULO)
    assert day == Span(utc("2018-02-17 02:00"), utc("2018-02-18 03:00"))
    assert period("day", utc("2018-02-18 02:30"), SAO_PAULO) == day


def test_a_week_begins_on_monday() -> None:
    assert period("week", utc("2026-11-29 23:59"), UTC) == Span(utc("2026-11-23 00:00"), utc("2026-11-30 00:00"))


@given(
    st.sampled_from(SLIDING), MOMENTS, st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), min_size=1), st.data()
)
def test_when_there_is_room_enough_has_stopped_counting_and_not_before(
    window: Window, now: datetime, uses: list[tuple[float, int]], data: st.DataObject
) -> None:
    buckets: dict[Span, int] = {}
    for share, amount in uses:
        span = bucket(window, now - timedelta(seconds=LENGTHS[window] * share), UTC)
        if span.overlaps(reach(window, now, UTC)):
            buckets[span] = buckets.get(span, 0) + amount
    total = sum(buckets.values())
    excess = data.draw(st.integers(0, total))

    def gone_by(moment: datetime) -> int:
        return total - sum(used for span, used in buckets.items() if span.overlaps(reach(window, moment, UTC)))

    at = room_at(window, now, UTC, buckets.items(), excess)
    assert gone_by(at) >= excess
    assert at == now or gone_by(at - timedelta(microseconds=1)) < excess


def test_a_calendar_window_has_room_when_it_is_over() -> None:
    assert room_at("day", utc("2026-11-30 10:00"), SAO_PAULO, (), 5) == utc("2026-12-01 03:00")
