"""Which limit holds for whom: the most specific one, as configured or as changed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from rag.model import NOBODY, Asker
from rag.quota.policy import Change, QuotaPolicy, asker_of, parse_target, targets_of
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, USD_PER_REQUEST, Measure, Subject

A_MINUTE = Measure("requests", "minute")
TONIGHT = datetime(2026, 12, 1, tzinfo=UTC)
ALICE = Asker(user="alice", channel="general", workspace="acme")
POLICY = QuotaPolicy(
    kinds={
        "everything": {USD_PER_DAY: 25_000_000, USD_PER_REQUEST: 500_000},
        "user": {A_MINUTE: 10, USD_PER_DAY: 2_000_000},
        "channel": {A_MINUTE: 30},
    },
    subjects={
        Subject("user", "bob"): {A_MINUTE: None},
        Subject("channel", "quiet"): {A_MINUTE: 1},
        Subject("provider", "acme"): {A_MINUTE: 60, Measure("tokens", "minute"): None},
    },
    roles={"admin": {A_MINUTE: 100, USD_PER_DAY: 1_000_000}, "owner": {A_MINUTE: None}, "intern": {A_MINUTE: 2}},
)


def limits(asker: Asker, provider: str | None = None, *changes: Change) -> dict[str, int]:
    return {f"{quota.subject} {quota.measure}": quota.limit for quota in POLICY.quotas(asker, provider, changes)}


def a_minute(asker: Asker, *changes: Change) -> int | None:
    return limits(asker, None, *changes).get(f"user:{asker.user} requests_per_minute")


def test_a_question_touches_everything_its_place_and_its_person() -> None:
    assert limits(ALICE) == {
        "everything usd_per_day": 25_000_000,
        "channel:general requests_per_minute": 30,
        "user:alice requests_per_minute": 10,
        "user:alice usd_per_day": 2_000_000,
    }


def test_who_is_unknown_has_no_limits_of_their_own() -> None:
    assert limits(NOBODY) == {"everything usd_per_day": 25_000_000}


def test_a_provider_has_those_that_somebody_wrote_down() -> None:
    assert limits(NOBODY, "acme") == {"everything usd_per_day": 25_000_000, "provider:acme requests_per_minute": 60}


def test_what_is_said_of_one_comes_before_what_is_said_of_all() -> None:
    assert limits(Asker(channel="quiet")) == {
        "everything usd_per_day": 25_000_000,
        "channel:quiet requests_per_minute": 1,
    }
    assert a_minute(Asker(user="bob")) is None


@pytest.mark.parametrize(
    ("roles", "limit"),
    [
        (set(), 10),
        ({"admin"}, 100),
        ({"intern"}, 2),
        ({"intern", "admin"}, 100),
        ({"admin", "owner"}, None),
        ({"x"}, 10),
    ],
)
def test_of_several_roles_the_most_generous_counts_even_below_the_default(roles: set[str], limit: int | None) -> None:
    assert a_minute(Asker(user="alice", roles=frozenset(roles))) == limit


def test_no_limit_is_the_most_generous_whichever_role_has_it() -> None:
    asker = Asker(user="alice", roles=frozenset({"admin", "owner"}))
    assert a_minute(asker, Change("role:admin", A_MINUTE, None), Change("role:owner", A_MINUTE, 5)) is None


def test_a_role_is_a_persons_and_not_that_of_the_place_where_they_ask() -> None:
    assert limits(replace(ALICE, roles=frozenset({"intern"}))) == {
        **limits(ALICE),
        "user:alice requests_per_minute": 2,
    }


def test_a_role_counts_measure_by_measure() -> None:
    both = limits(Asker(user="alice", roles=frozenset({"admin", "intern"})))
    assert both["user:alice usd_per_day"] == 1_000_000
    assert both["user:alice requests_per_minute"] == 100


def test_what_is_said_of_a_person_comes_before_their_roles() -> None:
    assert a_minute(Asker(user="bob", roles=frozenset({"intern"}))) is None


def test_what_is_said_of_a_category_holds_for_each_of_its_channels_that_has_nothing_of_its_own() -> None:
    in_category = replace(ALICE, within=("quiet", "acme"))
    own = Change("channel:general", A_MINUTE, 7)
    category = Change("channel:quiet", A_MINUTE, 3)

    assert limits(in_category)["channel:general requests_per_minute"] == 1
    assert limits(in_category, None, category)["channel:general requests_per_minute"] == 3
    assert limits(in_category, None, own, category)["channel:general requests_per_minute"] == 7
    assert limits(replace(ALICE, within=("other", "quiet")))["channel:general requests_per_minute"] == 1
    assert limits(in_category)["user:alice requests_per_minute"] == 10
    assert "channel:quiet" in targets_of(in_category, None)


def test_a_change_takes_the_place_of_what_was_configured_for_the_same() -> None:
    assert a_minute(ALICE, Change("user:*", A_MINUTE, 3)) == 3
    assert a_minute(ALICE, Change("user:*", A_MINUTE, 3), Change("user:alice", A_MINUTE, 7)) == 7
    assert a_minute(Asker(user="bob"), Change("user:*", A_MINUTE, 3)) is None
    assert a_minute(Asker(user="u", roles=frozenset({"admin"})), Change("role:admin", A_MINUTE, 4)) == 4
    assert a_minute(ALICE, Change("user:alice", A_MINUTE, None)) is None


def test_a_lifted_budget_covers_what_was_set() -> None:
    lifted = Change("everything", USD_PER_DAY, 60_000_000, TONIGHT)
    for changes in ((lifted, Change("everything", USD_PER_DAY, 1)), (Change("everything", USD_PER_DAY, 1), lifted)):
        assert limits(NOBODY, None, *changes) == {"everything usd_per_day": 60_000_000}


def test_budgets_of_days_and_months_warn_and_brake_and_other_limits_do_not() -> None:
    policy = QuotaPolicy(
        warn=Decimal("0.8"), brake=Decimal("0.95"),
        kinds={
            "everything": {USD_PER_DAY: 1_001, Measure("usd", "month"): 100, Measure("usd", "hour"): 100, A_MINUTE: 5}
        },
    )  # fmt: skip
    told = {str(quota.measure): (quota.warn_at, quota.brake_at) for quota in policy.quotas(NOBODY, None)}
    assert told == {
        "usd_per_day": (800, 950),
        "usd_per_month": (80, 95),
        "usd_per_hour": (None, None),
        "requests_per_minute": (None, None),
    }


def test_one_question_may_cost_the_least_that_anybody_says() -> None:
    assert POLICY.request_limit(ALICE) == 500_000
    assert POLICY.request_limit(ALICE, [Change("user:alice", USD_PER_REQUEST, 100_000)]) == 100_000
    assert POLICY.request_limit(ALICE, [Change("user:alice", USD_PER_REQUEST, 900_000)]) == 500_000
    assert QuotaPolicy().request_limit(ALICE) is None


def test_every_change_that_would_concern_a_question_is_looked_for() -> None:
    asker = Asker(user="u", channel="c", workspace="w", roles=frozenset({"b", "a"}))
    assert set(targets_of(asker, "acme")) == {
        "everything", "workspace:w", "channel:c", "user:u", "provider:acme",
        "workspace:*", "channel:*", "user:*", "provider:*", "role:a", "role:b",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["everything", "user:U1", "user:*", "role:admin", "provider:acme"])
def test_a_target_is_understood(text: str) -> None:
    assert parse_target(text) == text
    assert text in {*targets_of(*asker_of(text)), "user:*"}


@pytest.mark.parametrize("text", ["role:", "U1", "*", "everything:*"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has no limits"):
        parse_target(text)


def test_the_subject_that_everything_counts_for_has_no_name() -> None:
    assert str(EVERYTHING) == "everything"
