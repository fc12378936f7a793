from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.settings import BOT_FILE, BotSettings
from rag.errors import ConfigurationError
from rag.model import NOBODY, Asker
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import EVERYTHING, MEASURES, USD_PER_DAY, USD_PER_REQUEST, Measure, Subject
from rag.settings import RAG_FILE, RagSettings

SHIPPED = Path(__file__).parents[2] / "config"
ANYBODY = Asker(user="U1", channel="C1", workspace="T1")
AT_THE_TERMINAL = Asker(user="console", channel="console")


def quotas(folder: Path, bot: str = "", core: str = "") -> QuotaPolicy:
    """All limits that a folder with these two files sets."""
    (folder / BOT_FILE).write_text(bot, encoding="utf-8")
    (folder / RAG_FILE).write_text(core, encoding="utf-8")
    return BotSettings.load(folder, {}, RagSettings.load(folder, {})).quotas


def limits(policy: QuotaPolicy, asker: Asker, provider: str | None = None) -> Mapping[str, int]:
    """What holds for an asker, as `whose measure`."""
    return {f"{quota.subject} {quota.measure}": quota.limit for quota in policy.quotas(asker, provider)}


def problems(folder: Path, *, bot: str = "", core: str = "") -> list[str]:
    """What is told of these files, without their folder."""
    with pytest.raises(ConfigurationError) as caught:
        quotas(folder, bot, core)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


class TestTheSectionQuotas:
    def test_every_key_of_it_is_read(self, tmp_path: Path) -> None:
        policy = quotas(
            tmp_path,
            """\
            quotas:
              everything: {usd_per_month: 500}
              workspace: {usd_per_day: 20}
              channel: {requests_per_minute: 30}
              user: {requests_per_minute: 10, tokens_per_day: 100000}
              workspaces: {T1: {usd_per_day: 40}}
              channels: {C1: {requests_per_minute: 60}}
              users: {U1: {usd_per_request: 0.05}}
              roles: {admin: {usd_per_day: 10}}
            """,
        )
        assert policy.kinds["everything"][Measure.parse("usd_per_month")] == 500_000_000
        assert policy.kinds["workspace"] == {USD_PER_DAY: 20_000_000}
        assert policy.kinds["channel"] == {Measure.parse("requests_per_minute"): 30}
        assert policy.kinds["user"] == {
            Measure.parse("requests_per_minute"): 10,
            Measure.parse("tokens_per_day"): 100_000,
        }
        assert policy.subjects[Subject("workspace", "T1")] == {USD_PER_DAY: 40_000_000}
        assert policy.subjects[Subject("channel", "C1")] == {Measure.parse("requests_per_minute"): 60}
        assert policy.subjects[Subject("user", "U1")] == {USD_PER_REQUEST: 50_000}
        assert policy.roles == {"admin": {USD_PER_DAY: 10_000_000}}

    @pytest.mark.parametrize("measure", [str(measure) for measure in MEASURES])
    def test_all_that_can_be_limited_can_be_written(self, measure: str, tmp_path: Path) -> None:
        policy = quotas(tmp_path, f"quotas: {{user: {{{measure}: 3}}}}")

        parsed = Measure.parse(measure)
        assert policy.kinds["user"] == {parsed: 3_000_000 if parsed.resource == "usd" else 3}

    def test_money_keeps_its_own_digits(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {user: {usd_per_day: 0.100001}}")

        assert policy.kinds["user"] == {USD_PER_DAY: 100_001}

    @pytest.mark.parametrize("written", ["2", "2.0", "2e0"])
    def test_a_whole_number_is_one_however_it_is_written(self, written: str, tmp_path: Path) -> None:
        policy = quotas(tmp_path, f"quotas: {{user: {{requests_per_minute: {written}}}}}")

        assert policy.kinds["user"] == {Measure.parse("requests_per_minute"): 2}

    def test_nothing_may_be_asked_where_0_is_written(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {user: {requests_per_day: 0, usd_per_day: 0}}")

        assert set(policy.kinds["user"].values()) == {0}

    def test_unlimited_lifts_for_one_what_holds_for_each(self, tmp_path: Path) -> None:
        text = "quotas: {user: {usd_per_day: 1, requests_per_hour: 5}, users: {U1: {usd_per_day: unlimited}}}"
        policy = quotas(tmp_path, text)

        assert limits(policy, Asker(user="U1")).keys() == {"everything usd_per_day", "user:U1 requests_per_hour"}
        assert limits(policy, Asker(user="U2"))["user:U2 usd_per_day"] == 1_000_000

    def test_unlimited_for_everything_takes_the_daily_budget_away(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {everything: {usd_per_day: unlimited, usd_per_request: unlimited}}")

        assert limits(policy, NOBODY) == {}
        assert policy.request_limit(NOBODY) is None

    def test_numbers_are_fine_as_the_names_of_people_and_places(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {users: {1234567890: {requests_per_day: 7}}}")

        assert policy.subjects[Subject("user", "1234567890")] == {Measure.parse("requests_per_day"): 7}

    def test_a_variable_of_the_environment_can_hold_an_amount(self, tmp_path: Path) -> None:
        (tmp_path / BOT_FILE).write_text("quotas: {user: {usd_per_day: '${ALLOWANCE:-3}'}}")

        policy = BotSettings.load(tmp_path, {"ALLOWANCE": "1.50"}).quotas

        assert policy.kinds["user"] == {USD_PER_DAY: 1_500_000}

    @pytest.mark.parametrize(
        ("written", "told"),
        [
            (
                "requests_per_minute: -1",
                'requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not "-1"',
            ),
            (
                "requests_per_minute: ten",
                'requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not "ten"',
            ),
            (
                "requests_per_minute: 1.5",
                'requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not "1.5"',
            ),
            (
                "requests_per_minute: 1e13",
                'requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not "1e13"',
            ),
            (
                "requests_per_minute: .inf",
                'requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not ".inf"',
            ),
            (
                "requests_per_minute:",
                "requests_per_minute: expected a number of requests from 0 to 1000000000, or unlimited, not nothing",
            ),
            (
                "tokens_per_day: 0.5",
                'tokens_per_day: expected a number of tokens from 0 to 1000000000, or unlimited, not "0.5"',
            ),
            (
                "usd_per_day: much",
                'usd_per_day: expected a number of US dollars, such as 25.00, or unlimited, not "much"',
            ),
            (
                "usd_per_day: -2",
                (
                    "usd_per_day: expected a number of US dollars from 0 to 1000000000, such as 25.00,"
                    ' or unlimited, not "-2"'
                ),
            ),
            (
                "usd_per_day: 0.0000001",
                (
                    "usd_per_day: expected a number of US dollars with at most 6 decimals, such as 0.000001,"
                    ' or unlimited, not "0.0000001"'
                ),
            ),
            ("usd_per_dya: 2", "usd_per_dya: unknown key; did you mean usd_per_day?"),
            ("request_per_minute: 2", "request_per_minute: unknown key; did you mean requests_per_minute?"),
            ("requests_per_request: 2", "requests_per_request: unknown key; did you mean usd_per_request?"),
        ],
    )
    def test_a_wrong_amount_or_measure_is_refused_with_its_line_and_what_was_expected(
        self, written: str, told: str, tmp_path: Path
    ) -> None:
        assert problems(tmp_path, bot=f"quotas:\n  user:\n    {written}\n") == [f"{BOT_FILE}:3: quotas.user.{told}"]

    @pytest.mark.parametrize("kind", ["workspaces", "channels", "users", "roles"])
    def test_a_wrong_amount_for_one_of_them_is_refused_with_its_name(self, kind: str, tmp_path: Path) -> None:
        found = problems(tmp_path, bot=f"quotas:\n  {kind}:\n    X1:\n      tokens_per_hour: -5\n")

        told = 'expected a number of tokens from 0 to 1000000000, or unlimited, not "-5"'
        assert found == [f"{BOT_FILE}:4: quotas.{kind}.X1.tokens_per_hour: {told}"]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("quotas: {usr: {}}", "1: quotas.usr: unknown key; did you mean user?"),
            ("quotas: {rolez: {}}", "1: quotas.rolez: unknown key; did you mean roles?"),
            ("quota: {}", "1: quota: unknown key; did you mean quotas?"),
            ("quotas: {user: 10}", '1: quotas.user: expected keys and values, not "10"'),
            ("quotas: 10", '1: quotas: expected keys and values, not "10"'),
            ("quotas: {users: [U1]}", "1: quotas.users: expected keys and values, not a list"),
        ],
    )
    def test_a_wrong_key_is_refused_with_the_nearest_one(self, text: str, told: str, tmp_path: Path) -> None:
        assert problems(tmp_path, bot=text) == [f"{BOT_FILE}:{told}"]

    def test_every_mistake_is_told_at_once(self, tmp_path: Path) -> None:
        text = "quotas:\n  user: {usd_per_day: x}\n  channel: {requests_per_minute: y}\n  rolez: {}\n"

        found = problems(tmp_path, bot=text)

        assert sorted(line.split(":")[1] for line in found) == ["2", "3", "4"]


class TestWithoutTheSection:
    def test_the_shipped_file_an_empty_one_and_none_at_all_mean_the_same(self, tmp_path: Path) -> None:
        core = RagSettings.load(tmp_path, {})
        without = BotSettings.load(tmp_path, {}, core).quotas

        assert BotSettings.load(SHIPPED, {}, core).quotas == without
        assert quotas(tmp_path) == without

    def test_people_and_channels_have_a_share_and_whoever_sits_at_the_terminal_is_not_held_up(
        self, tmp_path: Path
    ) -> None:
        policy = quotas(tmp_path)

        assert limits(policy, ANYBODY) == {
            "everything usd_per_day": 25_000_000,
            "channel:C1 requests_per_minute": 30,
            "user:U1 requests_per_minute": 10,
            "user:U1 requests_per_hour": 100,
            "user:U1 usd_per_day": 2_000_000,
        }
        assert limits(policy, AT_THE_TERMINAL) == {"everything usd_per_day": 25_000_000}

    def test_whoever_writes_the_section_writes_all_of_it(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {user: {requests_per_minute: 2}}")

        assert limits(policy, AT_THE_TERMINAL) == {
            "everything usd_per_day": 25_000_000,
            "user:console requests_per_minute": 2,
        }
        assert "channel:C1 requests_per_minute" not in limits(policy, ANYBODY)

    @pytest.mark.parametrize("text", ["quotas: {}", "quotas:"])
    def test_an_empty_section_limits_nobody_by_themselves(self, text: str, tmp_path: Path) -> None:
        assert limits(quotas(tmp_path, text), ANYBODY) == {"everything usd_per_day": 25_000_000}


class TestBesideTheLimitsOfTheCore:
    COSTS = "routing: {cost_limits: {daily_budget: 7, per_request_limit: 0.25, warn_threshold: 0.5}}"

    def test_the_daily_budget_holds_where_nothing_else_is_said(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {everything: {usd_per_month: 100}}", self.COSTS)

        assert limits(policy, NOBODY) == {"everything usd_per_day": 7_000_000, "everything usd_per_month": 100_000_000}
        assert policy.request_limit(ANYBODY) == 250_000

    def test_usd_per_day_of_everything_takes_its_place(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, "quotas: {everything: {usd_per_day: 3, usd_per_request: 0.01}}", self.COSTS)

        assert limits(policy, NOBODY) == {"everything usd_per_day": 3_000_000}
        assert policy.request_limit(ANYBODY) == 10_000

    def test_every_budget_warns_and_brakes_at_the_same_shares(self, tmp_path: Path) -> None:
        core = "routing: {cost_limits: {warn_threshold: 0.5, emergency_brake: 0.9}}"
        policy = quotas(tmp_path, "quotas: {user: {usd_per_day: 2, requests_per_minute: 2}}", core)

        assert (policy.warn, policy.brake) == (Decimal("0.5"), Decimal("0.9"))
        told = {str(quota.measure): (quota.warn_at, quota.brake_at) for quota in policy.quotas(Asker(user="U1"), None)}
        assert told == {"usd_per_day": (1_000_000, 1_800_000), "requests_per_minute": (None, None)}

    def test_the_limits_of_a_provider_are_quotas_of_that_provider_alone(self, tmp_path: Path) -> None:
        core = "providers: {openai: {limits: {requests_per_minute: 50, tokens_per_minute: 9000}}}"
        policy = quotas(tmp_path, "quotas: {}", core)

        assert policy.subjects[Subject("provider", "openai")] == {
            Measure.parse("requests_per_minute"): 50,
            Measure.parse("tokens_per_minute"): 9000,
        }
        assert limits(policy, NOBODY, "openai").keys() >= {
            "provider:openai requests_per_minute",
            "provider:openai tokens_per_minute",
        }
        assert limits(policy, NOBODY, "gemini").keys() == {"everything usd_per_day"}

    def test_without_the_bot_s_file_only_money_and_providers_are_limited(self, tmp_path: Path) -> None:
        (tmp_path / RAG_FILE).write_text(self.COSTS)

        policy = RagSettings.load(tmp_path, {}).quotas

        assert policy.kinds == {"everything": {USD_PER_DAY: 7_000_000, USD_PER_REQUEST: 250_000}}
        assert {subject.kind for subject in policy.subjects} == {"provider"}
        assert limits(policy, ANYBODY) == {f"{EVERYTHING} usd_per_day": 7_000_000}


class TestKeysOfTheCore:
    def test_days_begin_where_the_time_zone_says(self, tmp_path: Path) -> None:
        policy = quotas(tmp_path, core="routing: {cost_limits: {time_zone: America/Sao_Paulo}}")

        assert policy.zone == ZoneInfo("America/Sao_Paulo")
        assert quotas(tmp_path).zone == ZoneInfo("UTC")

    @pytest.mark.parametrize("written", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "America", "''", "[]"])
    def test_a_time_zone_that_does_not_exist_is_refused(self, written: str, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, core=f"routing:\n  cost_limits:\n    time_zone: {written}\n")

        assert told.startswith(
            f"{RAG_FILE}:3: routing.cost_limits.time_zone: expected a time zone of the IANA database,"
            " such as America/Sao_Paulo or UTC, not "
        )

    def test_the_shortest_answer_worth_paying_for_and_how_long_calls_are_kept_are_read(self, tmp_path: Path) -> None:
        (tmp_path / RAG_FILE).write_text(
            "routing: {least_output_tokens: 99}\nmonitoring: {cost_tracking: {keep_days: 30}}"
        )
        settings = RagSettings.load(tmp_path, {})

        assert (settings.routing.least_output_tokens, settings.monitoring.cost_tracking.keep_days) == (99, 30)

    def test_their_defaults_are_those_of_the_shipped_file(self, tmp_path: Path) -> None:
        for folder in (tmp_path, SHIPPED):
            settings = RagSettings.load(folder, {})
            assert (settings.routing.least_output_tokens, settings.monitoring.cost_tracking.keep_days) == (512, 400)
            assert settings.routing.cost_limits.time_zone == ZoneInfo("UTC")

    @pytest.mark.parametrize(
        ("section", "key", "value", "told"),
        [
            ("routing", "least_output_tokens", "0", "a number of tokens from 16 to 1000000"),
            ("routing", "least_output_tokens", "few", "a number of tokens from 16 to 1000000"),
            ("monitoring.cost_tracking", "keep_days", "0", "a number of days from 1 to 36500"),
            ("monitoring.cost_tracking", "keep_days", "-1", "a number of days from 1 to 36500"),
        ],
    )
    def test_a_wrong_number_is_refused_with_its_line_and_its_bounds(
        self, section: str, key: str, value: str, told: str, tmp_path: Path
    ) -> None:
        keys = [*section.split("."), key]
        text = "".join(f"{'  ' * depth}{name}:\n" for depth, name in enumerate(keys)).rstrip("\n") + f" {value}\n"

        assert problems(tmp_path, core=text) == [
            f'{RAG_FILE}:{len(keys)}: {section}.{key}: expected {told}, not "{value}"'
        ]
