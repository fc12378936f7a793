"""A provider's API keys: used in turn, left alone while they rest or are refused."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from rag.errors import ProviderDisabled, ProviderError, ProviderUnavailable
from rag.ports import Clock

# A refused key is tried again after so long: somebody may have filled the account.
_SET_ASIDE_S = 600.0


@dataclass(frozen=True, slots=True)
class Key:
    """An API key.

    Attributes:
        secret: Empty where the server asks for none.
        label: What messages call it, such as `key 2 of 3`; empty where it is the only one.
    """

    secret: str = field(repr=False)
    label: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is kept of an error; the error itself would hold on to all that it went through."""

    message: str
    status: int | None
    until: float
    passes: bool


class KeyRing:
    """The keys of one provider; where none is configured, one that is empty."""

    def __init__(self, provider: str, secrets: Sequence[str], clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        count = len(secrets)
        labels = [f"key {n} of {count}" if count > 1 else "" for n in range(1, count + 1)]
        self._keys = tuple(map(Key, secrets, labels)) or (Key("", ""),)
        self._turn = 0
        self._refused: dict[Key, _Refusal] = {}
        # Vendors count a key's requests model by model.
        self._resting: dict[tuple[Key, str], float] = {}

    def take(self, model: str, *, besides: Container[Key] = ()) -> Key | None:
        """The key whose turn it is among those that may be used for `model`; `None` where there is none."""
        for _ in self._keys:
            key = self._keys[self._turn]
            self._turn = (self._turn + 1) % len(self._keys)
            if key not in besides and self._free_at(key, model) <= self._clock.monotonic():
                return key
        return None

    def set_aside(self, key: Key, error: ProviderDisabled) -> None:
        """The provider refused this key, for what it is or for money."""
        off_s = _SET_ASIDE_S if error.retry_after_s is None else error.retry_after_s
        until = self._clock.monotonic() + off_s
        self._refused.pop(key, None)  # the last refusal stands last
        self._refused[key] = _Refusal(str(error), error.status, until, passes=error.retry_after_s is not None)

    def rest(self, key: Key, model: str, wait_s: float) -> None:
        """Leave the key alone for so long where `model` is asked."""
        until = self._clock.monotonic() + wait_s
        self._resting[key, model] = max(until, self._resting.get((key, model), 0.0))

    def none_left(self, model: str) -> ProviderError:
        """Why no key may be used for `model` now: what will pass soonest, if anything does."""
        now = self._clock.monotonic()
        refused = [refusal for refusal in self._refused.values() if refusal.until > now]
        if len(refused) < len(self._keys):
            wait_s = max(0.0, min(self._free_at(key, model) for key in self._keys) - now)
            return ProviderUnavailable(
                f"{self._provider}'s rate limit is used up for another {wait_s:.1f} s",
                provider=self._provider,
                retry_after_s=wait_s,
            )
        last = refused[-1]
        back_s = min((refusal.until - now for refusal in refused if refusal.passes), default=None)
        return ProviderDisabled(last.message, provider=self._provider, status=last.status, retry_after_s=back_s)

    def _free_at(self, key: Key, model: str) -> float:
        refusal = self._refused.get(key)
        return max(refusal.until if refusal else 0.0, self._resting.get((key, model), 0.0))
