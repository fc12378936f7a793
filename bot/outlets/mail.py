"""Alerts by e-mail."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from datetime import datetime, tzinfo
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from smtplib import SMTP, SMTP_SSL, SMTPException, SMTPResponseException
from typing import Final

from bot.alerts import headline_of, text_of
from bot.locales import Phrases
from bot.notices import Notice, NotTold
from bot.text import one_line
from rag.settings.mail import MailServer

_TIMEOUT_S: Final = 15.0


class Mail:
    """Sends each alert to one address.

    Args:
        trust: Whose certificates are believed; those of the system where nothing else is said.
    """

    def __init__(
        self, server: MailServer, to: str, phrases: Phrases, zone: tzinfo, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._to = to
        self._phrases = phrases
        self._zone = zone
        self._trust = trust

    async def send(self, notice: Notice) -> None:
        """Hand an alert to the mail server.

        Raises:
            NotTold: It was not taken.
        """
        message = self._message(notice)
        try:
            await asyncio.to_thread(self._deliver, message)
        except SMTPResponseException as error:
            raise NotTold(f"the mail server refuses it: {error.smtp_code}") from None
        except (SMTPException, OSError, ValueError) as error:
            raise NotTold(f"the mail server cannot be used: {type(error).__name__}") from None

    def _message(self, notice: Notice) -> EmailMessage:
        payload = notice.payload
        message = EmailMessage()
        headline = _plain(headline_of(payload, self._phrases, self._zone))
        message["Subject"] = one_line(self._phrases("alert.subject", line=headline))
        message["From"] = self._server.user if "@" in self._server.user else self._to
        message["To"] = self._to
        message["Date"] = format_datetime(datetime.fromisoformat(str(payload["at"])))
        # The same for the same alert: should it be sent twice, mailboxes show it once.
        message["Message-ID"] = f"<{hashlib.sha256(notice.id.encode()).hexdigest()[:32]}@ragbot>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers it
        message.set_content(_plain(text_of(payload, self._phrases, self._zone)))
        return message

    def _deliver(self, message: EmailMessage) -> None:
        server = self._server
        trust = self._trust or ssl.create_default_context()
        if server.is_encrypted:
            with SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=trust) as smtp:
                self._hand_over(smtp, message)
            return
        with SMTP(server.host, server.port, timeout=_TIMEOUT_S) as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=trust)
            elif server.user and not _is_this_machine(server.host):
                raise NotTold("the mail server offers no encryption, and without it no password is sent")
            self._hand_over(smtp, message)

    def _hand_over(self, smtp: SMTP, message: EmailMessage) -> None:
        if self._server.user:
            smtp.login(self._server.user, self._server.password)
        smtp.send_message(message)


def _plain(markdown: str) -> str:
    return markdown.replace("**", "")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
