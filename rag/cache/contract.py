"""What an answer depends on besides the documents."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from rag.cache.wording import normalised
from rag.model import NO_PIN, Language, Pin, Scope, Turn


@dataclass(frozen=True, slots=True)
class Contract:
    """Two questions with equal contracts may be given the same answer, as long as the documents stay the same.

    Attributes:
        history: The earlier turns that are told to the model.
        pin: What the place asks of the routes.
        prompt_version: Of the prompt's files.
        setup: Names whatever else in the configuration shapes answers: routes, number of passages, limits.
    """

    question: str
    language: Language
    scope: Scope
    history: tuple[Turn, ...] = ()
    pin: Pin = NO_PIN
    prompt_version: str = ""
    setup: str = ""

    @property
    def key(self) -> str:
        """Names all of it, the question normalised: 64 hexadecimal digits."""
        return self.digest(normalised(self.question))

    def digest(self, question: str) -> str:
        """Names all of it with this in the question's place."""
        collections = self.scope.collections
        parts = (
            question,
            self.language,
            None if collections is None else sorted(collections),
            [(turn.role, turn.text) for turn in self.history],
            (self.pin.model, self.pin.policy),
            self.prompt_version,
            self.setup,
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
