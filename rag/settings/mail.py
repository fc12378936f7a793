"""The server that takes e-mail, as one address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator

from rag.settings.fields import Expected

# RFC 6409 section 3.1 and RFC 8314 section 3.3, checked 2026-11-30.
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes e-mail from ragbot.

    Attributes:
        is_encrypted: From the first byte; otherwise from the moment on when the server offers it.
        user: Empty where it asks for none.
    """

    host: str
    port: int
    is_encrypted: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """`smtp://user:password@host:587`, or `smtps://…` for a server that is encrypted from the first byte.

        Raises:
            ValueError: It is no such address.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError
        if parts.port == 0 or (parts.username is None) != (parts.password is None):
            raise ValueError
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            is_encrypted=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


def _parsed(value: object) -> object:
    return MailServer.parse(value) if isinstance(value, str) and value else value or None


MailServerUrl: TypeAlias = Annotated[
    MailServer | None,
    BeforeValidator(_parsed),
    Expected("the address of a mail server, such as smtp://user:password@mail.example.com:587", secret=True),
]
