"""The decision whether something fits: pure, for any quotas and any counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import BudgetExhausted, QuotaExceeded
from rag.quota.quotas import (
    EVERYTHING,
    MEASURES,
    USD_PER_DAY,
    Count,
    Key,
    Measure,
    Need,
    Quota,
    Subject,
    grant,
    room,
)
from rag.quota.windows import Span

NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
ALICE = Subject("user", "alice")
ACME = Subject("provider", "acme")
DAY = Quota(EVERYTHING, USD_PER_DAY, 1_000, warn_at=800, brake_at=950)
MINE = Quota(ALICE, USD_PER_DAY, 100, warn_at=80, brake_at=95)
A_MINUTE = Quota(ALICE, Measure("requests", "minute"), 10)


def granted(quotas: list[Quota], need: Need, counts: Mapping[Key, Count] | None = None) -> Need:
    return grant(quotas, counts or {}, need, NOW, UTC)


class TestNames:
    @pytest.mark.parametrize("measure", MEASURES, ids=str)
    def test_every_measure_is_read_back(self, measure: Measure) -> None:
        assert Measure.parse(str(measure)) == measure

    @pytest.mark.parametrize("subject", [EVERYTHING, ALICE, ACME, Subject("channel", "a:b"), Subject("workspace", "W")])
    def test_every_subject_is_read_back(self, subject: Subject) -> None:
        assert Subject.parse(str(subject)) == subject

    @pytest.mark.parametrize("text", ["", "user", "user:", "everything:x", "nobody:x"])
    def test_what_is_no_subject_is_refused_with_those_there_are(self, text: str) -> None:
        with pytest.raises(ValueError, match="user:ID"):
            Subject.parse(text)

    def test_what_is_not_counted_is_refused_with_what_is(self) -> None:
        with pytest.raises(ValueError, match="usd_per_day"):
            Measure.parse("usd_per_year")


class TestGrant:
    def test_up_to_the_last_micro_dollar_and_not_one_more(self) -> None:
        assert granted([DAY], Need(micro_usd=1_000)) == Need(micro_usd=1_000)
        with pytest.raises(BudgetExhausted):
            granted([DAY], Need(micro_usd=1_001))

    def test_what_is_held_is_gone(self) -> None:
        counts = {DAY.key: Count(used=300, held=600)}
        assert granted([DAY], Need(micro_usd=100), counts).micro_usd == 100
        with pytest.raises(BudgetExhausted):
            granted([DAY], Need(micro_usd=101), counts)

    def test_from_the_brake_on_nothing_is_granted_though_it_would_fit(self) -> None:
        assert granted([DAY], Need(micro_usd=51), {DAY.key: Count(used=949)}).micro_usd == 51
        with pytest.raises(BudgetExhausted):
            granted([DAY], Need(micro_usd=1), {DAY.key: Count(used=950)})

    def test_what_is_free_passes_an_exhausted_budget(self) -> None:
        assert granted([DAY], Need(), {DAY.key: Count(used=2_000)}) == Need()

    def test_who_can_do_with_less_gets_what_there_is_on_all_quotas_together(self) -> None:
        counts = {DAY.key: Count(used=930), MINE.key: Count(used=40)}
        need = Need(micro_usd=500, least_micro_usd=20)
        assert granted([DAY, MINE], need, counts).micro_usd == 60

    def test_and_nothing_where_that_is_less_than_the_least(self) -> None:
        with pytest.raises(BudgetExhausted, match="user:alice"):
            granted([DAY, MINE], Need(micro_usd=500, least_micro_usd=101))

    def test_money_tokens_and_requests_are_apart(self) -> None:
        tokens = Quota(ALICE, Measure("tokens", "day"), 5_000)
        need = Need(requests=1, tokens=9_000, micro_usd=10, least_tokens=600)
        assert granted([MINE, tokens, A_MINUTE], need) == Need(1, 5_000, 10, least_tokens=600)

    def test_a_request_larger_than_a_providers_whole_minute_waits_for_an_empty_one_not_for_ever(self) -> None:
        minute = Quota(ACME, Measure("tokens", "minute"), 5_000)
        assert granted([minute], Need(tokens=9_000)).tokens == 9_000
        with pytest.raises(QuotaExceeded):
            granted([minute], Need(tokens=9_000), {minute.key: Count(used=1)})

    def test_a_providers_requests_and_dollars_are_limits_like_any_others(self) -> None:
        dollars, none = Quota(ACME, USD_PER_DAY, 100), Quota(ACME, Measure("requests", "minute"), 0)
        assert granted([dollars], Need(micro_usd=500, least_micro_usd=20)).micro_usd == 100
        with pytest.raises(BudgetExhausted):
            granted([dollars], Need(micro_usd=101))
        with pytest.raises(QuotaExceeded):
            granted([none], Need(requests=1))

    def test_who_needs_less_than_would_do_for_others_gets_all_of_it(self) -> None:
        assert granted([MINE], Need(micro_usd=100, least_micro_usd=200)).micro_usd == 100


class TestRefusal:
    def refused(self, quotas: list[Quota], need: Need, counts: Mapping[Key, Count]) -> QuotaExceeded:
        with pytest.raises(QuotaExceeded) as caught:
            granted(quotas, need, counts)
        return caught.value

    def test_it_names_the_quota_its_limit_what_is_gone_and_when_to_try_again(self) -> None:
        used = ((Span(NOW - timedelta(seconds=50), NOW - timedelta(seconds=49)), 10),)
        error = self.refused([A_MINUTE], Need(requests=1), {A_MINUTE.key: Count(10, 0, used)})
        assert (error.subject, error.measure) == ("user:alice", "requests_per_minute")
        assert (error.limit, error.used, error.held) == (10, 10, 0)
        assert error.retry_after_s == 11
        assert str(error) == "user:alice: 10 used and 0 held of 10 requests_per_minute"

    def test_of_several_it_is_the_one_that_has_room_last(self) -> None:
        hour = Quota(ALICE, Measure("requests", "hour"), 100)
        a_while_ago = Span(NOW - timedelta(minutes=30), NOW - timedelta(minutes=29))
        just_now = Span(NOW - timedelta(seconds=2), NOW - timedelta(seconds=1))
        counts = {
            hour.key: Count(100, 0, ((a_while_ago, 100),)),
            A_MINUTE.key: Count(10, 0, ((just_now, 10),)),
        }
        error = self.refused([A_MINUTE, hour], Need(requests=1), counts)
        assert (error.measure, error.retry_after_s) == ("requests_per_hour", 31 * 60)

    def test_money_that_is_spent_comes_back_when_the_day_is_over(self) -> None:
        error = self.refused([DAY], Need(micro_usd=100), {DAY.key: Count(used=920)})
        assert error.retry_at == datetime(2026, 12, 1, tzinfo=UTC)
        assert "$0.00092 spent, $0 held of $0.001" in str(error)

    def test_money_that_the_brake_keeps_does_too(self) -> None:
        error = self.refused([DAY], Need(micro_usd=1), {DAY.key: Count(used=960)})
        assert error.retry_at == datetime(2026, 12, 1, tzinfo=UTC)

    def test_money_that_is_only_held_may_come_back_in_a_moment(self) -> None:
        error = self.refused([DAY], Need(micro_usd=100), {DAY.key: Count(used=100, held=850)})
        assert error.is_held
        assert error.retry_after_s is not None
        assert error.retry_after_s < 10
        assert error.at(NOW).is_held
        assert self.refused([DAY], Need(micro_usd=100), {DAY.key: Count(used=900, held=1)}).is_held
        for spent in (Count(used=920), Count(used=960), Count(used=901, held=50)):
            assert not self.refused([DAY], Need(micro_usd=100), {DAY.key: spent}).is_held
        assert not self.refused([DAY], Need(micro_usd=1), {DAY.key: Count(used=950)}).is_held

    @pytest.mark.parametrize("limit", [0, 99])
    def test_what_is_more_than_the_limit_never_fits(self, limit: int) -> None:
        quota = Quota(ALICE, USD_PER_DAY, limit, warn_at=limit, brake_at=limit)
        error = self.refused([quota], Need(micro_usd=100), {})
        assert (error.retry_at, error.retry_after_s) == (None, None)

    def test_all_of_a_limit_fits_when_what_is_used_has_stopped_counting(self) -> None:
        error = self.refused([DAY], Need(micro_usd=1_000), {DAY.key: Count(used=1)})
        assert error.retry_at == datetime(2026, 12, 1, tzinfo=UTC)

    def test_a_budget_so_small_that_its_brake_is_nothing_never_has_room(self) -> None:
        tiny = Quota(ALICE, USD_PER_DAY, 1, warn_at=0, brake_at=0)
        assert self.refused([tiny], Need(micro_usd=1), {}).retry_at is None

    def test_never_comes_after_any_time(self) -> None:
        nothing = Quota(EVERYTHING, Measure("requests", "hour"), 0)
        counts = {A_MINUTE.key: Count(10, 0, ((Span(NOW, NOW + timedelta(seconds=1)), 10),))}
        assert self.refused([A_MINUTE, nothing], Need(requests=1), counts).subject == "everything"


AMOUNTS = st.integers(0, 2_000)
QUOTAS = st.lists(
    st.builds(
        lambda subject, measure, limit, brake: Quota(
            subject, measure, limit, brake_at=int(limit * brake) if measure.resource == "usd" else None
        ),
        st.sampled_from([EVERYTHING, ALICE, Subject("channel", "c")]),
        st.sampled_from(MEASURES),
        AMOUNTS,
        st.floats(0, 1),
    ),
    unique_by=lambda quota: quota.key,
    max_size=6,
)


@given(
    QUOTAS,
    st.dictionaries(st.integers(0, 5), st.builds(Count, AMOUNTS, AMOUNTS)),
    st.builds(Need, st.integers(0, 3), AMOUNTS, AMOUNTS, st.none() | AMOUNTS, st.none() | AMOUNTS),
)
def test_whatever_is_granted_fits_and_whatever_is_refused_does_not(
    quotas: list[Quota], some: dict[int, Count], need: Need
) -> None:
    quotas = [quota for quota in quotas if quota.measure.window != "request"]
    counts = {quota.key: some.get(number, Count()) for number, quota in enumerate(quotas)}
    least = {quota.key: need.least(quota.measure.resource) for quota in quotas if need.most(quota.measure.resource)}
    fits = all(least.get(quota.key, 0) <= room(quota, counts[quota.key]) for quota in quotas)
    if not fits:
        with pytest.raises(QuotaExceeded) as caught:
            granted(quotas, need, counts)
        assert caught.value.retry_after_s is None or caught.value.retry_after_s >= 0
        return
    given = granted(quotas, need, counts)
    for quota in quotas:
        resource = quota.measure.resource
        if need.most(resource):
            assert need.least(resource) <= given.most(resource) <= room(quota, counts[quota.key])
