"""Keys in turn: which is taken, which is left alone and for how long, and what is said when none is left."""

from __future__ import annotations

import pytest

from rag.errors import ProviderDisabled, ProviderUnavailable
from rag.providers.keys import Key, KeyRing
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ring(clock: FakeClock) -> KeyRing:
    return KeyRing("acme", ["sk-one", "sk-two", "sk-three"], clock)


def _refused(message: str = "no money", *, retry_after_s: float | None = None) -> ProviderDisabled:
    return ProviderDisabled(message, provider="acme", status=402, retry_after_s=retry_after_s)


def _taken(ring: KeyRing, model: str = "m") -> Key:
    key = ring.take(model)
    assert key is not None
    return key


def test_keys_are_used_in_turn(ring: KeyRing) -> None:
    taken = [_taken(ring) for _ in range(4)]
    assert [key.secret for key in taken] == ["sk-one", "sk-two", "sk-three", "sk-one"]
    assert [key.label for key in taken[:3]] == ["key 1 of 3", "key 2 of 3", "key 3 of 3"]


def test_a_single_key_needs_no_label_and_no_key_is_an_empty_one(clock: FakeClock) -> None:
    assert _taken(KeyRing("acme", ["sk-one"], clock)) == Key("sk-one", "")
    assert _taken(KeyRing("acme", [], clock)) == Key("", "")


def test_no_repr_tells_a_key(ring: KeyRing) -> None:
    assert "sk-" not in f"{ring!r} {_taken(ring)!r}"


def test_keys_already_tried_are_passed_over(ring: KeyRing) -> None:
    tried = {_taken(ring), _taken(ring)}
    last = ring.take("m", besides=tried)
    assert last is not None
    assert last.secret == "sk-three"
    assert ring.take("m", besides={*tried, last}) is None


def test_a_refused_key_is_set_aside_and_tried_again_later(ring: KeyRing, clock: FakeClock) -> None:
    ring.set_aside(_taken(ring), _refused())
    assert [_taken(ring).secret for _ in range(3)] == ["sk-two", "sk-three", "sk-two"]
    clock.wind(600)
    assert {_taken(ring).secret for _ in range(3)} == {"sk-one", "sk-two", "sk-three"}


def test_a_key_whose_quota_comes_back_is_tried_again_then(ring: KeyRing, clock: FakeClock) -> None:
    ring.set_aside(_taken(ring), _refused(retry_after_s=5_000))
    clock.wind(4_999)
    assert {_taken(ring).secret for _ in range(3)} == {"sk-two", "sk-three"}
    clock.wind(1)
    assert "sk-one" in {_taken(ring).secret for _ in range(3)}


def test_a_key_rests_for_the_model_whose_limit_is_used_up(ring: KeyRing, clock: FakeClock) -> None:
    ring.rest(_taken(ring, "large"), "large", 30)
    assert {_taken(ring, "large").secret for _ in range(3)} == {"sk-two", "sk-three"}
    assert {_taken(ring, "small").secret for _ in range(3)} == {"sk-one", "sk-two", "sk-three"}
    clock.wind(30)
    assert "sk-one" in {_taken(ring, "large").secret for _ in range(3)}


def test_a_shorter_rest_does_not_cut_a_longer_one(ring: KeyRing, clock: FakeClock) -> None:
    key = _taken(ring)
    ring.rest(key, "m", 30)
    ring.rest(key, "m", 0)
    clock.wind(29)
    assert {_taken(ring).secret for _ in range(3)} == {"sk-two", "sk-three"}


def test_with_all_keys_refused_the_last_refusal_is_told(ring: KeyRing, clock: FakeClock) -> None:
    for message in ("no money on one", "no money on two", "no money on three"):
        ring.set_aside(_taken(ring), _refused(message))
        clock.wind(1)
    assert ring.take("m") is None
    error = ring.none_left("m")
    assert isinstance(error, ProviderDisabled)
    assert (str(error), error.status, error.provider) == ("no money on three", 402, "acme")
    assert error.retry_after_s is None


def test_with_all_quotas_of_the_day_used_up_the_first_to_come_back_is_told(clock: FakeClock) -> None:
    ring = KeyRing("acme", ["sk-one", "sk-two"], clock)
    ring.set_aside(_taken(ring), _refused(retry_after_s=3_000))
    ring.set_aside(_taken(ring), _refused(retry_after_s=2_000))
    clock.wind(500)
    error = ring.none_left("m")
    assert isinstance(error, ProviderDisabled)
    assert error.retry_after_s == 1_500


def test_as_long_as_one_key_only_rests_the_provider_is_not_off(ring: KeyRing) -> None:
    ring.set_aside(_taken(ring), _refused())
    ring.rest(_taken(ring), "m", 20)
    ring.rest(_taken(ring), "m", 7.5)
    assert ring.take("m") is None
    error = ring.none_left("m")
    assert isinstance(error, ProviderUnavailable)
    assert error.retry_after_s == 7.5
    assert not error.billable
    assert "rate limit is used up for another 7.5 s" in str(error)
