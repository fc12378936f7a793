"""A local mail server: SMTP with STARTTLS, AUTH PLAIN and LOGIN, and refusals."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

# In the development lock because the vendors' own clients need it.
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Mail:
    """What was handed over: by whom it was signed in, whether it was encrypted, and the message itself."""

    user: str
    password: str
    encrypted: bool
    sender: str
    to: tuple[str, ...]
    message: EmailMessage


class SmtpServer:
    """`async with SmtpServer() as server:` takes mail on `server.port` of 127.0.0.1.

    Args:
        starttls: It is offered.
        encrypted: From the first byte.
        password: Asked for where it is not empty; every user has the same.
        refusal: What a message is answered with, in place of taking it.
    """

    def __init__(
        self, *, starttls: bool = False, encrypted: bool = False, password: str = "", refusal: bytes = b""
    ) -> None:
        self._starttls = starttls
        self._encrypted = encrypted
        self._password = password
        self._refusal = refusal
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        trust = _identity()[0] if self._encrypted else None
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=trust)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @staticmethod
    def trust() -> ssl.SSLContext:
        """What believes this server."""
        return _identity()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer).converse()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Session:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._encrypted = server._encrypted
        self._user = self._given = self._sender = ""
        self._to: list[str] = []

    async def converse(self) -> None:
        verbs: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo, "STARTTLS": self._start_tls, "AUTH": self._auth, "MAIL": self._mail,
            "RCPT": self._rcpt, "DATA": self._data,
        }  # fmt: skip
        await self._say("220 mail.test ESMTP")
        while (line := (await self._reader.readline()).decode().rstrip("\r\n")) and line.upper() != "QUIT":
            verb, _, rest = line.partition(" ")
            self._server.commands.append(verb.upper())
            if verb.upper() in verbs:
                await verbs[verb.upper()](rest)
            else:
                await self._say("250 OK")
        await self._say("221 Bye")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def _ehlo(self, _: str) -> None:
        offers = ["mail.test", "8BITMIME"]
        if self._server._starttls and not self._encrypted:
            offers.append("STARTTLS")
        if self._server._password:
            offers.append("AUTH PLAIN LOGIN")
        await self._say(*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    async def _start_tls(self, _: str) -> None:
        await self._say("220 Go ahead")
        await self._writer.start_tls(_identity()[0])
        self._encrypted = True

    async def _auth(self, rest: str) -> None:
        way, _, first = rest.partition(" ")
        if way == "PLAIN":
            _, self._user, self._given = _decoded(first).split("\0")
        else:
            self._user = _decoded(first)
            await self._say("334 UGFzc3dvcmQ6")
            self._given = _decoded((await self._reader.readline()).decode())
        if self._given == self._server._password:
            await self._say("235 Welcome")
        else:
            await self._say(f"535 5.7.8 no, not {self._given}")

    async def _mail(self, rest: str) -> None:
        if self._server._password and not self._user:
            await self._say("530 Authentication required")
            return
        self._sender = _address(rest)
        await self._say("250 OK")

    async def _rcpt(self, rest: str) -> None:
        self._to.append(_address(rest))
        await self._say("250 OK")

    async def _data(self, _: str) -> None:
        await self._say("354 Go on")
        content = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        if self._server._refusal:
            await self._say(self._server._refusal.decode())
            return
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        mail = Mail(self._user, self._given, self._encrypted, self._sender, tuple(self._to), message)
        self._server.mails.append(mail)
        await self._say("250 Taken")


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


@cache
def _identity() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate for 127.0.0.1, signed by itself, and what believes it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=pem.decode())
    with TemporaryDirectory() as folder:
        file = Path(folder) / "pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + pem)
        server.load_cert_chain(file)
    return server, client
