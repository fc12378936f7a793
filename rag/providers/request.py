"""A request to a provider, as its vendor's file words it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag.providers.failures import Diagnose


def _unsigned(_secret: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and how its vendor signs it and explains a refusal.

    Attributes:
        path: Below the base URL.
        payload: What JSON can say.
        model: Whose rate limits it counts to.
        sign: The headers that carry a key.
        streaming: Its answer is to come bit by bit.
    """

    path: str
    payload: object
    model: str = ""
    sign: Callable[[str], Mapping[str, str]] = _unsigned
    diagnose: Diagnose | None = None
    streaming: bool = False
