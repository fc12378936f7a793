"""Alerts through a webhook and by e-mail, over the real protocols."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locales import phrases_in
from bot.messages import Locale
from bot.notices import Notice, Notices, NotTold
from bot.outlets import MAIL, WEBHOOK, open_outlets
from bot.outlets.mail import Mail
from bot.outlets.webhook import Webhook
from bot.presence import Presence
from rag.errors import ConfigurationError
from rag.settings import RAG_FILE, RagSettings
from rag.settings.mail import MailServer
from rag.state import open_database
from rag.state.timestamps import to_text
from tests.fakes.clock import FakeClock
from tests.fakes.raw_server import Fault, RawServer, answer
from tests.fakes.smtp_server import SmtpServer

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VALUES = {"failed": 3, "calls": 4, "window_s": 900, "limit": "0.05"}
RAISED: Mapping[str, object] = {
    "alert": "error_rate",
    "kind": "error_rate",
    "state": "raised",
    "values": VALUES,
    "since": to_text(NOON),
    "at": to_text(NOON + timedelta(minutes=1)),
}
HEADLINE = "75% of the calls to models fail: 3 of 4 calls in the last 15 min."


def notice(payload: Mapping[str, object] = RAISED) -> Notice:
    return Notice("alert:error_rate:noon:raised>webhook:alerts", "alert:error_rate", "alert", payload, WEBHOOK)


def webhook(url: str, locale: Locale = "en") -> Webhook:
    return Webhook(url, phrases_in(locale), UTC)


@pytest.fixture
async def hook() -> AsyncIterator[RawServer]:
    async with RawServer() as server:
        yield server


class TestWebhook:
    async def test_what_happened_is_posted_as_json_with_its_figures(self, hook: RawServer) -> None:
        hook.scripts.append([answer(204, "")])
        await webhook(f"{hook.url}/hunter2?key=hunter2").send(notice())
        (received,) = hook.received
        assert received.path == "/hunter2?key=hunter2"
        assert received.headers["content-type"] == "application/json"
        text = received.body.pop("text")
        assert text.startswith("⚠️ **75% of the calls to models fail**: 3 of 4 calls in the last 15 min.")
        assert received.body == {
            "id": "alert:error_rate:noon:raised",
            "kind": "error_rate",
            "alert": "error_rate",
            "state": "raised",
            "since": "2026-11-22T12:00:00.000000+00:00",
            "at": "2026-11-22T12:01:00.000000+00:00",
            "failed": 3,
            "calls": 4,
            "window_s": 900,
            "limit": "0.05",
        }

    async def test_figures_take_no_other_figure_s_name(self, hook: RawServer) -> None:
        hook.scripts.append([answer(200, "ok")])
        await webhook(hook.url, "pt-BR").send(notice({**RAISED, "values": {**VALUES, "state": "odd"}}))
        assert hook.received[0].body["state"] == "raised"
        assert "das chamadas aos modelos falham" in hook.received[0].body["text"]

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_a_redirect_is_not_followed(self, hook: RawServer, status: int) -> None:
        async with RawServer() as elsewhere:
            hook.scripts.append([answer(status, "", {"location": f"{elsewhere.url}/there"})])
            with pytest.raises(NotTold, match="a redirect"):
                await webhook(f"{hook.url}/hunter2").send(notice())
            assert elsewhere.received == []

    @pytest.mark.parametrize("status", [400, 404, 429, 500])
    async def test_who_does_not_take_it_is_told_by_the_status_alone(self, hook: RawServer, status: int) -> None:
        hook.scripts.append([answer(status, "hunter2")])
        with pytest.raises(NotTold) as caught:
            await webhook(f"{hook.url}/hunter2").send(notice())
        assert str(caught.value) == f"the webhook answers with HTTP {status}"

    async def test_the_address_is_in_no_error_and_in_no_log(
        self, hook: RawServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        hook.scripts += [[answer(200, "ok")], [Fault.RESET]]
        await webhook(f"{hook.url}/hunter2").send(notice())
        for url in (f"{hook.url}/hunter2", "http://127.0.0.1:1/hunter2", "http://[hunter2/", "http://\x00hunter2/"):
            with pytest.raises(NotTold) as caught:
                await webhook(url).send(notice())
            assert "hunter2" not in f"{caught.value!r}{caught.value.__cause__}{caplog.text}"
            assert caught.value.__suppress_context__

    async def test_the_environment_s_proxy_is_honoured(self, hook: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", hook.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        hook.scripts += [[answer(200, "ok")], [answer(200, "ok")]]
        await webhook("http://hooks.example.com/x").send(notice())
        await webhook(f"{hook.url}/direct").send(notice())
        assert [received.path for received in hook.received] == ["http://hooks.example.com/x", "/direct"]


def mail(server: SmtpServer, *, user: str = "", password: str = "", host: str = "127.0.0.1", **more: object) -> Mail:
    where = MailServer(host, server.port, bool(more.pop("is_encrypted", False)), user, password)
    return Mail(where, "admin@example.com", phrases_in("en"), UTC, **more)  # type: ignore[arg-type]


class TestMail:
    async def test_an_alert_is_a_message_that_says_it_all(self) -> None:
        async with SmtpServer() as server:
            await mail(server).send(notice())
            (taken,) = server.mails
        message = taken.message
        assert (taken.sender, taken.to, taken.encrypted) == ("admin@example.com", ("admin@example.com",), False)
        assert message["Subject"].strip() == f"ragbot: {HEADLINE}"
        assert message["To"] == "admin@example.com"
        assert message["Date"].datetime == NOON + timedelta(minutes=1)
        assert message["Auto-Submitted"] == "auto-generated"
        lines = message.get_content().splitlines()
        assert lines[:2] == [f"⚠️ {HEADLINE}", ""]
        assert lines[2].startswith("Since 2026-11-22 12:00 UTC. `/status` shows")

    async def test_the_same_alert_sent_twice_is_the_same_message_and_another_one_is_not(self) -> None:
        async with SmtpServer() as server:
            for payload in (RAISED, RAISED):
                await mail(server).send(notice(payload))
            await mail(server).send(Notice("other", "", "alert", {**RAISED, "state": "resolved"}, MAIL))
            ids = [taken.message["Message-ID"] for taken in server.mails]
        assert ids[0] == ids[1] != ids[2]

    async def test_encryption_is_taken_where_it_is_offered_before_the_password_is_said(self) -> None:
        async with SmtpServer(starttls=True, password="hunter2") as server:
            sender = mail(server, user="bot@example.com", password="hunter2", trust=server.trust())
            await sender.send(notice())
            (taken,) = server.mails
        assert (taken.encrypted, taken.user, taken.password) == (True, "bot@example.com", "hunter2")
        assert taken.sender == "bot@example.com"
        assert server.commands.index("STARTTLS") < server.commands.index("AUTH")

    async def test_a_server_that_is_encrypted_from_the_first_byte(self) -> None:
        async with SmtpServer(encrypted=True, password="hunter2") as server:
            sender = mail(server, user="bot", password="hunter2", trust=server.trust(), is_encrypted=True)
            await sender.send(notice())
        assert [taken.encrypted for taken in server.mails] == [True]

    @pytest.mark.parametrize("encrypted", [True, False])
    async def test_a_certificate_that_nobody_vouches_for_is_not_believed(self, *, encrypted: bool) -> None:
        async with SmtpServer(starttls=not encrypted, encrypted=encrypted, password="hunter2") as server:
            with pytest.raises(NotTold, match="SSLCertVerificationError"):
                await mail(server, user="bot", password="hunter2", is_encrypted=encrypted).send(notice())
            assert (server.mails, "AUTH" in server.commands) == ([], False)

    async def test_no_password_leaves_this_machine_unencrypted(self) -> None:
        async with SmtpServer(password="hunter2") as server:
            with pytest.raises(NotTold, match="offers no encryption"):
                await mail(server, user="bot", password="hunter2", host="127.1").send(notice())
            assert "AUTH" not in server.commands
            await mail(server, user="bot", password="hunter2").send(notice())
        assert len(server.mails) == 1

    async def test_a_refusal_is_told_by_its_code_alone(self) -> None:
        async with SmtpServer(password="hunter2") as server, SmtpServer(refusal=b"554 hunter2") as other:
            with pytest.raises(NotTold) as caught:
                await mail(server, user="bot", password="hunter3").send(notice())
            with pytest.raises(NotTold) as refused:
                await mail(other).send(notice())
        assert str(caught.value) == "the mail server refuses it: 535"
        assert str(refused.value) == "the mail server refuses it: 554"
        assert caught.value.__suppress_context__

    async def test_a_server_that_is_not_there(self) -> None:
        sender = Mail(MailServer("127.0.0.1", 1, is_encrypted=False), "a@b", phrases_in("en"), UTC)
        with pytest.raises(NotTold, match="cannot be used: ConnectionRefusedError"):
            await sender.send(notice())

    async def test_a_name_with_a_line_break_is_no_header(self) -> None:
        values = {
            **VALUES,
            "provider": "x\r\nBcc: all@example.com",
            "models": "m",
            "state": "off",
            "last_error_at": None,
        }
        async with SmtpServer() as server:
            await mail(server).send(notice({**RAISED, "kind": "provider_off", "values": values}))
            (taken,) = server.mails
        assert taken.message["Bcc"] is None
        assert "`x Bcc: all@example.com`" in taken.message["Subject"]


def load(folder: Path, tracking: str) -> RagSettings:
    (folder / RAG_FILE).write_text(f"monitoring: {{cost_tracking: {tracking}}}")
    return RagSettings.load(folder, {})


class TestSettings:
    @pytest.mark.parametrize(
        ("written", "server"),
        [
            ("smtp://mail.example.com", MailServer("mail.example.com", 587, is_encrypted=False)),
            ("smtps://mail.example.com/", MailServer("mail.example.com", 465, is_encrypted=True)),
            ("smtp://a%40b:p%3Aw@host:25", MailServer("host", 25, is_encrypted=False, user="a@b", password="p:w")),
        ],
    )
    def test_a_mail_server_is_an_address(self, tmp_path: Path, written: str, server: MailServer) -> None:
        tracking = load(tmp_path, f'{{alert_smtp: "{written}"}}').monitoring.cost_tracking
        assert tracking.alert_smtp == server

    @pytest.mark.parametrize(
        "written",
        [
            "mail.example.com",
            "http://hunter2@host",
            "smtp://hunter2@host",
            "smtp://u:hunter2@",
            "smtp://u:hunter2@host:x",
            "smtp://u:hunter2@host:0",
            "smtp://u:hunter2@host/path",
            "smtp://host?hunter2",
        ],
    )
    def test_another_one_is_refused_and_not_quoted(self, tmp_path: Path, written: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            load(tmp_path, f'{{alert_smtp: "{written}"}}')
        (problem,) = caught.value.problems
        assert problem.expected == (
            "expected the address of a mail server, such as smtp://user:password@mail.example.com:587"
        )

    @given(st.text())
    def test_whatever_is_written_is_an_address_or_refused(self, written: str) -> None:
        try:
            server = MailServer.parse(written)
        except ValueError:
            return
        assert server.host
        assert 0 < server.port < 65_536

    def test_its_password_is_not_in_what_is_printed(self, tmp_path: Path) -> None:
        settings = load(tmp_path, '{alert_smtp: "smtp://u:hunter2@host"}')
        assert settings.monitoring.cost_tracking.alert_smtp
        assert "hunter2" not in f"{settings} {settings!r} {settings.monitoring}"

    @pytest.mark.parametrize("written", ["", "null", '""'])
    def test_none_is_configured_where_nothing_is_written(self, tmp_path: Path, written: str) -> None:
        core = load(tmp_path, f"{{alert_smtp: {written}}}")
        assert core.monitoring.cost_tracking.alert_smtp is None
        assert open_outlets(core, locale="en", zone=UTC) == {}

    def test_an_address_without_a_server_starts_and_says_what_is_missing(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        core = load(tmp_path, "{alert_email: admin@example.com}")
        assert open_outlets(core, locale="en", zone=UTC) == {}
        assert "alert_email is set and alert_smtp is not: no e-mail is sent" in caplog.text

    def test_what_is_configured_is_opened_unless_tracking_is_off(self, tmp_path: Path) -> None:
        written = 'alert_email: a@b, alert_smtp: "smtp://host", alert_webhook: "https://hooks.example.com/x"'
        assert open_outlets(load(tmp_path, f"{{{written}}}"), locale="en", zone=UTC).keys() == {MAIL, WEBHOOK}
        assert open_outlets(load(tmp_path, f"{{enabled: false, {written}}}"), locale="en", zone=UTC) == {}


async def test_a_webhook_that_is_down_is_told_later_through_the_outbox_and_no_log_names_it(
    tmp_path: Path, hook: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = FakeClock()
    database = await open_database(f"sqlite:///{tmp_path / 'state.db'}", clock)
    async with Presence(database) as presence:
        notices = Notices(database, presence, clock, {})
        core = load(tmp_path, f'{{alert_webhook: "{hook.url}/hunter2"}}')
        for post, send in open_outlets(core, locale="en", zone=UTC).items():
            notices.send_by(post.platform, send)
        hook.scripts += [[answer(503, "")], [answer(200, "ok")]]
        await notices.add(notice())
        await notices.post_due()
        clock.wind(31)
        await notices.post_due()
        await notices.post_due()
        stored = str(await database.fetch("SELECT * FROM notices"))
    await database.aclose()
    assert len(hook.received) == 2
    assert "error=the webhook answers with HTTP 503" in caplog.text
    assert "hunter2" not in caplog.text + stored


async def test_a_webhook_that_says_nothing_is_left_in_time(hook: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    monkeypatch.setattr("bot.outlets.webhook._TIMEOUT", httpx.Timeout(0.05))
    hook.scripts.append([Fault.HANG])
    async with asyncio.timeout(20):
        with pytest.raises(NotTold, match="cannot be reached: ReadTimeout"):
            await webhook(hook.url).send(notice())
