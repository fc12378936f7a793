"""`ragbot cost`, `budget`, `limits` and `forget`, typed in a folder without documents or providers."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.quota import operator as operator_name
from rag.bootstrap import open_accounts
from rag.model import Asker, TokenUsage
from rag.quota.ledger import Expense
from rag.quota.quotas import MEASURES
from rag.settings import RagSettings
from tests.fakes.operator import Operator, call, seated

BY = ("user", "channel", "workspace", "model", "provider", "task")
EMBEDDING = Expense(
    purpose="embedding",
    provider="openai",
    model="text-embedding-3-small",
    tokens=TokenUsage(90, estimated=True),
    cost_micro_usd=7,
)
NOTHING_ERASED = {"questions": 0, "feedback": 0}
DAY = {"from": "2026-11-24T00:00:00+00:00", "to": "2026-11-25T00:00:00+00:00"}


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    with seated(tmp_path, monkeypatch, capsys) as somebody:
        yield somebody


@pytest.fixture
def spent(operator: Operator) -> Operator:
    """Two people's questions, one of which took two calls, and an embedding that nobody asked for."""
    expenses = [
        call(1_000_001, "U1"),
        call(250, "U2", provider="gemini", model="flash", outcome="unavailable", reference="two"),
        call(3_000, "U2", provider="anthropic", model="claude", task="quick", attempt=2, reference="two"),
        EMBEDDING,
    ]
    asyncio.run(operator.spend(*expenses))
    return operator


def budgets(operator: Operator, *arguments: str) -> dict[str, float]:
    """The limits of all budgets that concern somebody, by `whose limit`."""
    told = operator.type("budget", *arguments, "--json").json["budgets"]
    return {f"{budget['subject']} {budget['limit']}": budget["amount"] for budget in told}


def standing(operator: Operator, target: str) -> dict[str, int]:
    """All limits of a target, by `whose limit`."""
    told = operator.type("limits", "--for", target, "--json").json["standing"]
    return {f"{limit['subject']} {limit['limit']}": limit["amount"] for limit in told}


async def tidy(operator: Operator) -> int:
    """What a running bot does every night."""
    operator.configure(core="monitoring: {cost_tracking: {keep_days: 1}}")
    async with open_accounts(RagSettings.load(operator.folder / "config", {})) as accounts:
        return await accounts.tidy()


class TestCost:
    def test_of_a_bot_that_was_never_asked_is_nothing(self, operator: Operator) -> None:
        told = operator.type("cost")

        assert (told.code, told.err) == (0, "")
        assert told.lines == ["2026-11-24 00:00 to 2026-11-25 00:00 (UTC)", "$0.00 for 0 questions, 0 calls"]

    def test_as_json_has_what_scripts_rely_on_also_where_nothing_was_spent(self, operator: Operator) -> None:
        told = operator.type("cost", "--json").json

        assert told.items() >= {"period": "day", "total_usd": 0, "questions": 0, "by": [], **DAY}.items()
        assert set(told["tokens"].values()) == {None}

    def test_as_json_has_the_fixed_names(self, spent: Operator) -> None:
        told = spent.type("cost", "--json").json

        assert told.keys() == {
            *("period", "from", "to", "total_usd", "questions", "tokens", "by"),
            *("time_zone", "unconfirmed_usd", "estimated_usd", "calls", "grouped_by", "whose", "saved_usd", "failed"),
        }
        assert told["tokens"] == {
            "input": 3_090,
            "cached_input": 2_400,
            "cache_write": None,
            "cache_write_long": None,
            "output": 150,
            "thinking": 60,
        }
        assert told["by"][0] == {"key": "openai/gpt", "usd": 1.000001, "questions": 1, "calls": 1}
        assert (told["questions"], told["calls"], told["grouped_by"]) == (2, 4, "model")

    @pytest.mark.parametrize("by", BY)
    def test_the_total_is_the_sum_of_what_it_is_made_of_and_of_the_ledger(self, by: str, spent: Operator) -> None:
        told = spent.type("cost", "--by", by, "--json").json

        ((booked,),) = spent.rows("SELECT sum(cost_micro_usd) FROM ledger")
        assert round(1_000_000 * told["total_usd"]) == booked == 1_003_258
        assert sum(round(1_000_000 * row["usd"]) for row in told["by"]) == booked
        assert sum(row["calls"] for row in told["by"]) == told["calls"]

    @pytest.mark.parametrize(
        ("by", "keys"),
        [
            ("user", ["U1", "U2", None]),
            ("channel", ["C1", None]),
            ("workspace", ["T1", None]),
            ("model", ["openai/gpt", "anthropic/claude", "gemini/flash", "openai/text-embedding-3-small"]),
            ("provider", ["openai", "anthropic", "gemini"]),
            ("task", ["factual", "quick", None]),
        ],
    )
    def test_what_cost_most_comes_first_and_what_nobody_asked_for_is_nobody_s(
        self, by: str, keys: list[str | None], spent: Operator
    ) -> None:
        assert [row["key"] for row in spent.type("cost", "--by", by, "--json").json["by"]] == keys

    def test_in_a_pipe_is_a_plain_table_with_shares(self, spent: Operator) -> None:
        told = spent.type("cost", "--by", "user")

        assert "\x1b" not in told.out
        assert told.lines[:5] == [
            "2026-11-24 00:00 to 2026-11-25 00:00 (UTC)",
            "$1.003258 for 2 questions, 4 calls",
            "  $0.000007 of it is estimated: the provider did not say",
            "  1 call failed",
            "  tokens: 3,090 read, 2,400 of them from a cache, 150 written, 60 of them thinking",
        ]
        header, first, *_, last = told.lines[6:]
        assert header.split() == ["user", "cost", "share", "questions", "calls"]
        assert first.split() == ["U1", "$1.000001", "█" * 19 + "▉", "100%", "1", "1"]
        assert last.split() == ["–", "$0.000007", "▏", "<1%", "0", "1"]

    @pytest.mark.parametrize(
        ("arguments", "since", "until", "total"),
        [
            ((), "2026-11-26", "2026-11-27", 0),
            (("--on", "2026-11-24"), "2026-11-24", "2026-11-25", 1.003258),
            (("--on", "2026-11-25"), "2026-11-25", "2026-11-26", 0),
            (("--period", "week"), "2026-11-23", "2026-11-30", 1.003258),
            (("--period", "week", "--on", "2026-11-22"), "2026-11-16", "2026-11-23", 0),
            (("--period", "month"), "2026-11-01", "2026-12-01", 1.003258),
            (("--period", "month", "--on", "2026-02-01"), "2026-02-01", "2026-03-01", 0),
        ],
    )
    def test_is_told_of_the_day_week_or_month_that_is_asked_for(
        self, arguments: tuple[str, ...], since: str, until: str, total: float, spent: Operator
    ) -> None:
        spent.clock.wind(days=2)

        told = spent.type("cost", *arguments, "--json").json

        assert (told["from"], told["to"]) == (f"{since}T00:00:00+00:00", f"{until}T00:00:00+00:00")
        assert told["total_usd"] == total

    def test_the_chart_is_of_the_period_that_is_asked_for(self, spent: Operator) -> None:
        asyncio.run(spent.spend(call(700_000, "U3", reference="again")))
        spent.clock.wind(days=40)
        asyncio.run(spent.spend(call(900_000, "U3", reference="later")))

        drawn = set()
        for number, asked in enumerate(
            ("", "--on 2026-11-24", "--period month", "--period month --on 2026-11-02", "--period week --on 2026-11-24")
        ):
            told = spent.type("cost", *asked.split(), "--chart", f"{number}.png")
            assert told.code == 0, told.err
            drawn.add((spent.folder / f"{number}.png").read_bytes())
        assert len(drawn) == 5

    def test_of_a_period_without_spending_nothing_is_drawn_whatever_was_spent_since(self, spent: Operator) -> None:
        told = spent.type("cost", "--period", "month", "--on", "2026-10-15", "--chart", "october.png")

        assert told.code == 0
        assert "$0.00 for 0 questions" in told.out
        assert told.err == "nothing was spent in that time, so nothing is drawn\n"
        assert not (spent.folder / "october.png").exists()

    def test_of_a_day_that_is_over_does_not_change(self, spent: Operator) -> None:
        yesterday = ("cost", "--on", "2026-11-24", "--by", "user")
        before = spent.type(*yesterday)

        spent.clock.wind(days=1)
        asyncio.run(spent.spend(call(5_000_000, "console")))

        assert spent.type(*yesterday) == before
        assert spent.type("cost", "--json").json["total_usd"] == 5

    def test_of_a_day_whose_calls_were_summed_up_is_the_same(self, spent: Operator) -> None:
        before = spent.type("cost", "--on", "2026-11-24", "--json").json
        spent.clock.wind(days=3)

        assert asyncio.run(tidy(spent)) == 4

        after = spent.type("cost", "--on", "2026-11-24", "--json").json
        # A question of several calls, which each of its models had a part in, is now counted with its last one alone.
        for row in (*before["by"], *after["by"]):
            del row["questions"]
        assert after == before
        assert spent.rows("SELECT count(*) FROM ledger WHERE user_id IS NOT NULL") == [(0,)]

    def test_days_begin_at_midnight_of_the_configured_time_zone(self, spent: Operator) -> None:
        spent.configure(core="routing: {cost_limits: {time_zone: Pacific/Kiritimati}}")  # 14 hours ahead

        told = spent.type("cost", "--json").json

        assert (told["from"], told["to"]) == ("2026-11-25T00:00:00+14:00", "2026-11-26T00:00:00+14:00")
        assert (told["time_zone"], told["total_usd"]) == ("Pacific/Kiritimati", 1.003258)
        assert spent.type("cost").lines[0] == "2026-11-25 00:00 to 2026-11-26 00:00 (Pacific/Kiritimati)"

    def test_of_a_call_whose_process_died_counts_in_full_and_says_that_it_is_unconfirmed(
        self, operator: Operator
    ) -> None:
        asyncio.run(operator.die(call(40_000)))
        operator.clock.wind(seconds=61)

        told = operator.type("cost", "--by", "user")

        assert "$0.04 for 1 question, 1 call" in told.lines
        assert "  $0.04 of it is unconfirmed: a process died, all it held counts" in told.lines
        as_json = operator.type("cost", "--json").json
        assert (as_json["total_usd"], as_json["unconfirmed_usd"]) == (0.04, 0.04)


class TestBudget:
    def test_as_configured_is_all_left_before_the_first_question(self, operator: Operator) -> None:
        told = operator.type("budget")

        assert (told.code, told.err) == (0, "")
        header, everything, blank, request, zone = told.lines
        assert header.split() == ["whose", "budget", "limit", "used", "held", "left", "ends"]
        assert everything.split()[:7] == ["everything", "a", "day", "$25.00", "$0.00", "$0.00", "$25.00"]
        assert blank == ""
        assert (request, zone) == ("One question may cost $0.50.", "Days and months begin at midnight, UTC.")

    def test_as_json_says_all_that_is_known_of_each(self, operator: Operator) -> None:
        told = operator.type("budget", "--json").json

        assert (told["time_zone"], told["per_request_usd"]) == ("UTC", 0.5)
        assert told["budgets"] == [
            {
                "subject": "everything",
                "limit": "usd_per_day",
                "amount": 25.0,
                "used": 0.0,
                "held": 0.0,
                "left": 25.0,
                "unconfirmed": 0.0,
                "warn_at": 20.0,
                "brake_at": 23.75,
                **DAY,
            }
        ]

    def test_set_holds_from_now_on_and_on_the_next_day(self, operator: Operator) -> None:
        assert "$40.00" in operator.type("budget", "--set", "40").out

        operator.clock.wind(days=40)
        assert budgets(operator) == {"everything usd_per_day": 40}

    def test_lifted_holds_until_midnight_and_not_longer(self, operator: Operator) -> None:
        told = operator.type("budget", "--lift", "60")

        assert told.lines[0] == (
            "everything: usd_per_day is $60.00 until 2026-11-25 00:00 UTC; written down for ada at the terminal"
        )
        assert budgets(operator) == {"everything usd_per_day": 60}
        operator.clock.wind(seconds=12 * 3600 - 1)
        assert budgets(operator) == {"everything usd_per_day": 60}
        operator.clock.wind(seconds=1)
        assert budgets(operator) == {"everything usd_per_day": 25}

    def test_lifted_over_one_that_was_set_sinks_back_to_that(self, operator: Operator) -> None:
        operator.type("budget", "--set", "40")
        operator.type("budget", "--lift", "unlimited")
        assert budgets(operator) == {}

        operator.clock.wind(days=1)

        assert budgets(operator) == {"everything usd_per_day": 40}

    def test_of_a_month_is_another_one_and_lifted_until_the_month_is_over(self, operator: Operator) -> None:
        operator.type("budget", "--month", "--set", "500")
        told = operator.type("budget", "--month", "--lift", "700")

        assert told.lines[0].startswith("everything: usd_per_month is $700.00 until 2026-12-01 00:00 UTC;")
        assert budgets(operator) == {"everything usd_per_day": 25, "everything usd_per_month": 700}
        operator.clock.wind(days=7)
        assert budgets(operator) == {"everything usd_per_day": 25, "everything usd_per_month": 500}

    def test_reset_lets_the_configuration_hold_again(self, operator: Operator) -> None:
        operator.type("budget", "--set", "40")
        operator.type("budget", "--lift", "60")

        first, again = operator.type("budget", "--reset"), operator.type("budget", "--reset")

        assert first.lines[0] == "everything: usd_per_day is as configured again; written down for ada at the terminal"
        assert again.lines[0] == "everything: usd_per_day was not changed, the configuration holds"
        assert budgets(operator) == {"everything usd_per_day": 25}

    def test_unlimited_is_said_in_words(self, operator: Operator) -> None:
        assert operator.type("budget", "--set", "unlimited").lines[2] == (
            "There is no budget: whatever is asked for is paid."
        )

    def test_of_one_person_is_theirs_alone(self, operator: Operator) -> None:
        operator.type("budget", "--for", "user:U1", "--set", "5")

        assert budgets(operator, "--for", "user:U1") == {"everything usd_per_day": 25, "user:U1 usd_per_day": 5}
        assert budgets(operator, "--for", "user:U2") == {"everything usd_per_day": 25, "user:U2 usd_per_day": 2}

    def test_of_each_person_can_be_changed_at_once(self, operator: Operator) -> None:
        operator.type("budget", "--for", "user:*", "--set", "3")

        assert budgets(operator, "--for", "user:U2")["user:U2 usd_per_day"] == 3

    def test_history_says_who_changed_what_the_newest_first(self, operator: Operator) -> None:
        operator.type("budget", "--set", "40")
        operator.clock.wind(seconds=60)
        operator.type("budget", "--for", "user:U1", "--lift", "6")
        operator.clock.wind(seconds=60)
        operator.type("budget", "--reset")

        told = operator.type("budget", "--history")
        changes = operator.type("budget", "--history", "--json").json["changes"]

        header, *rows = told.lines[:4]
        assert header.split() == ["changed", "at", "who", "what", "whose", "limit", "amount", "until"]
        assert all("ada at the terminal" in row for row in rows)
        assert [(change["kind"], change["target"], change["amount"], change["until"]) for change in changes] == [
            ("reset", "everything", None, None),
            ("lift", "user:U1", 6, "2026-11-25T00:00:00+00:00"),
            ("set", "everything", 40, None),
        ]
        assert {change["who"] for change in changes} == {"ada at the terminal"}
        assert changes[2].keys() == {"at", "who", "kind", "target", "limit", "amount", "until"}

    def test_history_tells_each_threshold_that_was_reached_once(self, operator: Operator) -> None:
        asyncio.run(operator.spend(call(20_000_000, "console"), call(4_000_000, "console")))

        events = operator.type("budget", "--history", "--json").json["events"]
        lines = operator.type("budget", "--history").lines

        assert sorted((event["threshold"], event["threshold_usd"], event["used_usd"]) for event in events) == [
            ("brake", 23.75, 24),
            ("warn", 20, 20),
        ]
        assert len([line for line in lines if "everything  usd_per_day  " in line]) == 2

    def test_history_of_a_bot_that_nobody_touched_says_so(self, operator: Operator) -> None:
        assert operator.type("budget", "--history").lines == [
            "Nothing was changed while the bot ran: the configuration holds.",
            "",
            "No budget has reached its warning line yet.",
        ]
        assert operator.type("budget", "--history", "--json").json == {"changes": [], "events": []}

    @pytest.mark.parametrize(
        ("micro_usd", "line"),
        [
            (19_999_999, None),
            (20_000_000, "The warning line of the budget is reached: cheaper models come first."),
            (23_749_999, "The warning line of the budget is reached: cheaper models come first."),
            (23_750_000, "The brake of the budget holds: nothing more is bought. `ragbot budget --lift USD` lifts it."),
        ],
    )
    def test_near_its_end_says_what_that_means(self, micro_usd: int, line: str | None, operator: Operator) -> None:
        asyncio.run(operator.spend(call(micro_usd, "console")))

        lines = operator.type("budget").lines

        assert [told for told in lines if told.startswith("The ")] == ([] if line is None else [line])

    def test_of_a_person_at_its_brake_is_lifted_by_the_command_that_is_named(self, operator: Operator) -> None:
        asyncio.run(operator.spend(call(2_000_000, "U1")))

        told = operator.type("budget", "--for", "user:U1").out

        assert "The brake of the budget of user:U1 holds" in told
        assert "`ragbot budget --for user:U1 --lift USD`" in told

    def test_says_what_is_unconfirmed(self, operator: Operator) -> None:
        asyncio.run(operator.die(call(40_000)))
        operator.clock.wind(seconds=61)

        told, as_json = operator.type("budget"), operator.type("budget", "--json").json["budgets"][0]

        assert "$0.04 of the budget is unconfirmed: a process died, all it held counts." in told.lines
        assert (as_json["used"], as_json["unconfirmed"], as_json["held"]) == (0.04, 0.04, 0)

    def test_holds_what_a_call_may_cost_until_it_is_known_what_it_did(self, operator: Operator) -> None:
        asyncio.run(operator.die(call(40_000)))
        operator.clock.wind(seconds=59)

        (budget,) = operator.type("budget", "--json").json["budgets"]

        assert (budget["used"], budget["held"], budget["left"]) == (0, 0.04, 24.96)
        row = operator.type("budget").lines[1].split()
        assert row[3:8] == ["$25.00", "$0.00", "$0.04", "$24.96", "▏"]
        assert "budget  $0.00 of $25.00 used today, $0.04 held" in operator.type("status").lines

    @pytest.mark.parametrize("key", ["usd_per_request", "per_request_limit"])
    def test_of_one_question_is_told_as_configured(self, key: str, operator: Operator) -> None:
        operator.configure(
            bot="quotas: {everything: {usd_per_request: 0.07}}" if key == "usd_per_request" else "",
            core="" if key == "usd_per_request" else "routing: {cost_limits: {per_request_limit: 0.07}}",
        )

        assert operator.type("budget", "--json").json["per_request_usd"] == 0.07
        assert "One question may cost $0.07." in operator.type("budget").lines

    def test_of_one_question_is_told_as_it_was_changed(self, operator: Operator) -> None:
        operator.type("limits", "--set", "usd_per_request=0.07")

        assert operator.type("budget", "--json").json["per_request_usd"] == 0.07

    def test_that_was_changed_is_what_the_status_says(self, spent: Operator) -> None:
        spent.type("budget", "--set", "40")

        told = spent.type("status", "--json")

        assert json.loads(told.out)["budget"] == {
            "limit_usd": 40,
            "used_usd": 1.003258,
            "held_usd": 0,
            "unconfirmed_usd": 0,
        }


class TestLimits:
    def test_are_told_with_who_wrote_them(self, operator: Operator) -> None:
        operator.type("limits", "--for", "user:U1", "--set", "requests_per_minute=20")

        written = operator.type("limits", "--json").json["written"]

        assert {"target": "user:*", "limit": "requests_per_minute", "amount": 10, "source": "configuration"} in written
        assert {"target": "user:console", "limit": "usd_per_day", "amount": None, "source": "configuration"} in written
        assert written[-1] == {"target": "user:U1", "limit": "requests_per_minute", "amount": 20, "source": "changed"}

    def test_are_told_in_the_same_order_every_time(self, operator: Operator) -> None:
        names = [str(measure) for measure in MEASURES]
        operator.configure(bot=f"quotas: {{user: {{{': 1, '.join(names)}: 1}}}}")

        written = operator.type("limits", "--json").json["written"]

        assert [line["limit"] for line in written if line["target"] == "user:*"] == names

    def test_in_a_pipe_are_two_plain_tables(self, operator: Operator) -> None:
        told = operator.type("limits", "--for", "user:U1")

        assert (told.code, told.err) == (0, "")
        assert "\x1b" not in told.out
        standing_table, written_table, rule = told.out.split("\n\n")
        assert standing_table.splitlines()[0].split() == ["whose", "limit", "at", "most", "used", "held", "left"]
        assert ["user:U1", "requests_per_minute", "10", "0", "0", "10"] in map(str.split, standing_table.splitlines())
        written = [line.split() for line in written_table.splitlines()]
        assert ["user:*", "usd_per_day", "$2.00", "configuration"] in written
        assert not any("user:console" in line for line in written), "that is nothing to U1"
        assert rule.startswith("What is said of one comes before")

    def test_set_for_one_person_hold_for_nobody_else(self, operator: Operator) -> None:
        told = operator.type("limits", "--for", "user:U1", "--set", "requests_per_minute=20")

        assert told.code == 0
        assert standing(operator, "user:U1")["user:U1 requests_per_minute"] == 20
        assert standing(operator, "user:U2")["user:U2 requests_per_minute"] == 10

    def test_set_for_each_channel_do_not_touch_the_one_with_a_limit_of_its_own(self, operator: Operator) -> None:
        operator.type("limits", "--for", "channel:*", "--set", "requests_per_minute=7")

        assert standing(operator, "channel:C1")["channel:C1 requests_per_minute"] == 7
        assert "channel:console requests_per_minute" not in standing(operator, "channel:console")

    def test_of_a_provider_are_told_where_they_are_asked_for(self, operator: Operator) -> None:
        operator.configure(core="providers: {openai: {limits: {tokens_per_minute: 9000}}}")

        assert standing(operator, "provider:openai")["provider:openai tokens_per_minute"] == 9_000
        written = operator.type("limits", "--json").json["written"]
        assert [line["target"] for line in written if line["target"].startswith("provider:")] == ["provider:openai"]

    def test_set_to_unlimited_are_none_and_reset_they_are_back(self, operator: Operator) -> None:
        operator.type("limits", "--for", "user:U1", "--set", "requests_per_minute=unlimited")
        assert "user:U1 requests_per_minute" not in standing(operator, "user:U1")

        operator.type("limits", "--for", "user:U1", "--reset", "requests_per_minute")

        assert standing(operator, "user:U1")["user:U1 requests_per_minute"] == 10

    def test_history_says_who_changed_what(self, operator: Operator) -> None:
        operator.type("limits", "--set", "requests_per_minute=20")
        operator.clock.wind(seconds=1)
        operator.type("limits", "--reset", "requests_per_minute")

        told, changes = operator.type("limits", "--history"), operator.type("limits", "--history", "--json").json

        assert [(change["kind"], change["limit"], change["amount"], change["who"]) for change in changes] == [
            ("reset", "requests_per_minute", None, "ada at the terminal"),
            ("set", "requests_per_minute", 20, "ada at the terminal"),
        ]
        assert len(told.lines) == 3

    def test_of_a_role_are_told_with_who_wrote_them(self, operator: Operator) -> None:
        operator.type("limits", "--for", "role:admin", "--set", "requests_per_minute=99")

        told = operator.type("limits", "--for", "role:admin")

        assert ["role:admin", "requests_per_minute", "99", "changed"] in map(str.split, told.lines)


class TestWrongUse:
    @pytest.mark.parametrize(
        ("typed", "complaint"),
        [
            ("budget --set -5", "ragbot budget: -5 is no amount: expected a number of US dollars from 0"),
            ("budget --lift much", "ragbot budget: much is no amount: expected a number of US dollars"),
            ("budget --set 0.0000001", "expected a number of US dollars with at most 6 decimals"),
            ("budget --set 4 --lift 5", "argument --lift: not allowed with argument --set"),
            ("budget --history --reset", "argument --reset: not allowed with argument --history"),
            ("budget --for usr:U1", "argument --for: 'usr:U1' has no limits; who has: everything, user:ID"),
            ("budget --for everything:x", "'everything:x' has no limits"),
            ("budget --for role:", "'role:' has no limits"),
            ("limits --for U1", "'U1' has no limits"),
            (
                "limits --set requests_per_minute",
                "requests_per_minute says no amount; for example: ragbot limits --set",
            ),
            ("limits --set requests_per_minuet=3", "no limit requests_per_minuet; did you mean requests_per_minute?"),
            ("limits --set fun=3", "there is no limit fun; there are requests_per_second, "),
            (
                "limits --set requests_per_minute=1.5",
                "1.5 is no amount: expected a number of requests from 0 to 1000000000",
            ),
            ("limits --reset fun", "there is no limit fun"),
            ("cost --by users", "argument --by: invalid choice: 'users'"),
            ("cost --period year", "argument --period: invalid choice: 'year'"),
            ("cost --on yesterday", "argument --on: 'yesterday' is no day, such as 2026-11-29"),
            ("cost --on 2026-02-30", "argument --on: '2026-02-30' is no day"),
            ("forget", "the following arguments are required: --user"),
            ("forget U1", "ragbot forget: "),
        ],
    )
    def test_is_told_in_a_sentence_exits_with_2_and_changes_nothing(
        self, typed: str, complaint: str, operator: Operator
    ) -> None:
        told = operator.type(*typed.split())

        assert (told.code, told.out) == (2, "")
        assert complaint in told.err
        assert len(told.err.splitlines()) <= 2
        assert "Traceback" not in told.err
        if (operator.folder / "data/state.db").exists():
            assert operator.rows("SELECT count(*) FROM quota_changes") == [(0,)]

    def test_nobody_s_name_is_nobody_to_forget(self, operator: Operator) -> None:
        told = operator.type("forget", "--user", "")

        assert (told.code, told.out) == (2, "")

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    @pytest.mark.parametrize("period", ["day", "week", "month"])
    def test_a_day_at_the_end_of_the_calendar_is_no_traceback(self, period: str, day: str, operator: Operator) -> None:
        told = operator.type("cost", "--on", day, "--period", period)

        assert told.code in {0, 2}
        assert "Traceback" not in told.err

    def test_an_amount_is_explained_once(self, operator: Operator) -> None:
        assert operator.type("limits", "--set", "requests_per_minute=many").err == (
            "ragbot limits: many is no amount: expected a number of requests from 0 to 1000000000, or unlimited\n"
        )


class TestForget:
    def test_takes_a_person_out_of_the_ledger_and_leaves_the_sums(self, spent: Operator) -> None:
        before = spent.type("cost", "--by", "model", "--json").json

        told = spent.type("forget", "--user", "U2")

        assert told.out == "U2: taken out of 2 entries of the ledger; all sums stay.\n"
        assert spent.type("cost", "--by", "model", "--json").json == before
        assert [row["key"] for row in spent.type("cost", "--by", "user", "--json").json["by"]] == ["U1", None]

    def test_says_where_there_was_nothing_and_which_limits_still_name_a_person(self, operator: Operator) -> None:
        assert operator.type("forget", "--user", "U9").out == "U9: not in the ledger.\n"
        operator.type("limits", "--for", "user:U9", "--set", "requests_per_minute=20")

        told = operator.type("forget", "--user", "U9").lines

        assert told[1] == (
            "A limit for them still holds; `ragbot limits --for user:U9 --reset requests_per_minute` ends it."
        )
        operator.type("limits", "--for", "user:U9", "--reset", "requests_per_minute")
        assert operator.type("forget", "--user", "U9").lines == ["U9: not in the ledger."]
        assert "U9" not in operator.dump()

    def test_as_json_says_how_many_entries_named_them(self, spent: Operator) -> None:
        assert spent.type("forget", "--user", "U2", "--json").json == {**NOTHING_ERASED, "user": "U2", "entries": 2}
        assert spent.type("forget", "--user", "U2", "--json").json == {**NOTHING_ERASED, "user": "U2", "entries": 0}

    def test_leaves_nothing_of_what_a_person_used_on_days_that_are_over(self, operator: Operator) -> None:
        asyncio.run(operator.spend(call(700, "U0DOE", reference="r")))
        operator.clock.wind(days=1)

        operator.type("forget", "--user", "U0DOE")

        assert "U0DOE" not in operator.dump()

    def test_leaves_nothing_in_the_database_of_a_person_without_a_limit(self, operator: Operator) -> None:
        operator.configure(bot="quotas: {}")
        asyncio.run(operator.spend(call(700, "U0DOE", reference="r"), call(800, "U1")))
        assert "U0DOE" in operator.dump()

        operator.type("forget", "--user", "U0DOE")

        assert "U0DOE" not in operator.dump()
        assert "'U1'" in operator.dump()

    def test_leaves_nothing_of_the_budget_that_a_person_used_up_but_what_keeps_it_used_up(
        self, operator: Operator
    ) -> None:
        asyncio.run(operator.spend(call(2_000_000, "U0DOE", reference="r")))
        events = operator.type("budget", "--history", "--json").json["events"]
        assert {event["subject"] for event in events} == {"user:U0DOE"}

        operator.type("forget", "--user", "U0DOE")

        named = [line for line in operator.dump().splitlines() if "U0DOE" in line]
        assert all(line.startswith('INSERT INTO "quota_used"') for line in named)
        (budget,) = (
            told
            for told in operator.type("budget", "--for", "user:U0DOE", "--json").json["budgets"]
            if told["subject"] == "user:U0DOE"
        )
        assert budget["left"] == 0, "to be forgotten does not renew an allowance"

    def test_leaves_nothing_at_all_once_the_limits_that_a_person_used_have_begun_anew(self, operator: Operator) -> None:
        asyncio.run(operator.spend(call(2_000_000, "U0DOE", reference="r")))
        operator.type("forget", "--user", "U0DOE")
        operator.clock.wind(days=40)

        asyncio.run(tidy(operator))

        assert "U0DOE" not in operator.dump()

    def test_a_call_that_dies_after_its_person_was_forgotten_does_not_name_them_again(self, operator: Operator) -> None:
        asyncio.run(operator.die(call(40_000, "U0DOE", reference="r")))
        operator.type("forget", "--user", "U0DOE")
        operator.clock.wind(seconds=61)

        (row,) = operator.type("cost", "--by", "user", "--json").json["by"]

        assert (row["key"], row["usd"]) == (None, 0.04)

    def test_takes_a_person_out_of_who_changed_limits(self, operator: Operator) -> None:
        operator.type("budget", "--set", "40")

        operator.type("forget", "--user", "ada at the terminal")

        (change,) = operator.type("budget", "--history", "--json").json["changes"]
        assert (change["who"], change["amount"]) == ("", 40)
        assert "ada at" not in operator.type("budget", "--history").out


class TestWithoutTheDatabase:
    @pytest.mark.parametrize("typed", ["cost", "budget", "budget --set 4", "limits", "forget --user U1"])
    def test_money_is_not_known_and_that_is_a_sentence_and_a_failure(
        self, typed: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (operator.folder / "folder").mkdir()
        monkeypatch.setenv("RAGBOT_STATE_URL", "sqlite:///folder")

        told = operator.type(*typed.split())

        assert (told.code, told.out) == (1, "")
        assert told.err.startswith("ragbot: ")
        assert "Traceback" not in told.err
        assert len(told.err.splitlines()) == 1


def test_a_user_without_a_name_is_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nameless)

    assert operator_name() == "somebody at the terminal"


def test_the_asker_of_nothing_is_nobody(operator: Operator) -> None:
    asyncio.run(operator.spend(call(10, asker=Asker())))

    (row,) = operator.type("cost", "--by", "user", "--json").json["by"]

    assert row["key"] is None
