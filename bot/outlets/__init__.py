"""Where alerts go besides the admins' place: a webhook and e-mail."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from bot.locales import phrases_in
from bot.messages import Locale, Post
from bot.notices import Send
from rag.settings import RagSettings

log = logging.getLogger(__name__)

# Their addresses stay in the configuration: what stands here is written into the database and the log.
WEBHOOK: Final = Post("webhook", "alerts")
MAIL: Final = Post("mail", "alerts")


def open_outlets(core: RagSettings, *, locale: Locale, zone: tzinfo) -> Mapping[Post, Send]:
    """What is configured of them, and how each is told."""
    tracking, phrases = core.monitoring.cost_tracking, phrases_in(locale)
    outlets: dict[Post, Send] = {}
    if not tracking.enabled:
        return outlets
    if tracking.alert_webhook is not None:
        from bot.outlets.webhook import Webhook  # httpx is loaded for who has one alone

        outlets[WEBHOOK] = Webhook(tracking.alert_webhook, phrases, zone).send
    if tracking.alert_email is not None and tracking.alert_smtp is not None:
        from bot.outlets.mail import Mail

        outlets[MAIL] = Mail(tracking.alert_smtp, tracking.alert_email, phrases, zone).send
    elif tracking.alert_email is not None:
        # No reason to refuse a start: files were written when this key did not exist.
        log.error(
            "monitoring.cost_tracking.alert_email is set and alert_smtp is not: no e-mail is sent;"
            " set alert_smtp, such as smtp://user:password@mail.example.com:587"
        )
    return outlets
