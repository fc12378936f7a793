"""What Discord answers in place of doing it.

Codes and their messages: docs.discord.com/developers/topics/opcodes-and-status-codes (2026-12). The HTTP status of a
code is not documented there; it is the one that libraries' users report with it.
"""

from __future__ import annotations

from tests.fakes.discord.model import Json

_SAID: dict[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30032: (400, "Maximum number of application commands reached"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later."),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "This interaction has reached the maximum number of follow up messages"),
    40333: (403, "internal network error"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50041: (400, "Invalid API version"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160002: (403, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
}


class Refused(Exception):  # noqa: N818 - Discord refuses; nothing broke
    """One refusal; `extra` goes beside the code."""

    def __init__(self, code: int, *, status: int = 0, message: str = "", **extra: object) -> None:
        said_status, said = _SAID.get(code, (400, "Bad Request"))
        super().__init__(f"{code}: {message or said}")
        self.code = code
        self.status = status or said_status
        self.message = message or said
        self.extra = extra

    @property
    def body(self) -> Json:
        return {"message": self.message, "code": self.code, **self.extra}


def plain(status: int, words: str) -> Refused:
    """A refusal without a code of its own, such as `401: Unauthorized`."""
    return Refused(0, status=status, message=f"{status}: {words}")


class Form:
    """Collects what is wrong with a body, and refuses it as a whole."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def bad(self, path: str, code: str, message: str) -> None:
        node = self._errors
        for step in path.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def longest(self, path: str, value: object, most: int, *, least: int = 0) -> None:
        """Text of at most so many characters; `None` counts as not given."""
        if value is None and not least:
            return
        if not value and least:
            self.bad(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, str):
            self.bad(path, "STRING_TYPE_CONVERT", "Could not interpret this as string.")
        elif least and not least <= len(value) <= most:
            self.bad(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        elif len(value) > most:
            self.bad(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def most(self, path: str, values: list[Json], most: int, *, least: int = 0) -> None:
        if least and not least <= len(values) <= most:
            self.bad(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        elif len(values) > most:
            self.bad(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def one_of(self, path: str, value: object, choices: set[int]) -> None:
        if value not in choices:
            told = ", ".join(str(choice) for choice in sorted(choices))
            self.bad(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{told}}}.")

    def check(self) -> None:
        if self._errors:
            raise Refused(50035, errors=self._errors)


def refuse(path: str, code: str, message: str) -> None:
    """Refuse a body for one thing alone."""
    form = Form()
    form.bad(path, code, message)
    form.check()
