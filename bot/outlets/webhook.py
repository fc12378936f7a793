"""Alerts as JSON, posted to an address of the configuration."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from bot.alerts import text_of
from bot.locales import Phrases
from bot.notices import Notice, NotTold

_TIMEOUT: Final = httpx.Timeout(10.0)


class Webhook:
    """Whoever knows its address may call it: the address is in no message and in no log.

    Redirects are not followed: what is told is for the address that was configured.
    """

    def __init__(self, url: str, phrases: Phrases, zone: tzinfo) -> None:
        self._url = url
        self._phrases = phrases
        self._zone = zone

    async def send(self, notice: Notice) -> None:
        """Post an alert.

        Raises:
            NotTold: It was not taken.
        """
        try:
            status = await self._post(notice)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
            # The text of some of them holds the address.
            raise NotTold(f"the webhook cannot be reached: {type(error).__name__}") from None
        if 300 <= status < 400:
            raise NotTold(f"the webhook answers with a redirect (HTTP {status}), which is not followed")
        if not 200 <= status < 300:
            raise NotTold(f"the webhook answers with HTTP {status}")

    async def _post(self, notice: Notice) -> int:
        request = httpx.Request("POST", self._url, json=self._body(notice), extensions={"timeout": _TIMEOUT.as_dict()})
        # A client of httpx would log the address, and follow the environment's proxies, which is done here.
        async with httpx.AsyncHTTPTransport(proxy=_proxy_for(self._url)) as transport:
            response = await transport.handle_async_request(request)
            await response.aclose()
            return response.status_code

    def _body(self, notice: Notice) -> dict[str, object]:
        payload = notice.payload
        values = payload["values"]
        return {
            **(values if isinstance(values, dict) else {}),
            "id": notice.id.rpartition(">")[0],
            "kind": payload["kind"],
            "alert": payload["alert"],
            "state": payload["state"],
            "since": payload["since"],
            "at": payload["at"],
            "text": text_of(payload, self._phrases, self._zone),
        }


def _proxy_for(url: str) -> str | None:
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
