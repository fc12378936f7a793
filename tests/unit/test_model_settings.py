from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from rag.errors import ConfigurationError
from rag.model import Task
from rag.routing.catalogue import GoneModel, Route, TierFactor
from rag.settings import RAG_FILE, RagSettings, prompt_text, shipped_text
from tests.unit.test_settings import SHIPPED, load, problem, problems

TODAY = date(2026, 11, 22)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


class TestProviders:
    @pytest.mark.parametrize(
        ("kind", "address"),
        [
            ("openai", "https://api.openai.com/v1"),
            ("anthropic", "https://api.anthropic.com"),
            ("gemini", "https://generativelanguage.googleapis.com"),
        ],
    )
    def test_a_vendor_is_at_its_own_address_and_wants_a_key(self, folder: Path, kind: str, address: str) -> None:
        provider = load(folder, f"providers: {{another: {{kind: {kind}}}}}").providers["another"]
        assert provider.base_url == address
        assert not provider.configured

    def test_several_keys_are_used_in_the_order_in_which_they_are_written(self, folder: Path) -> None:
        text = """\
        providers:
          openai:
            api_key: ${A:-}
            api_keys: ["${B:-}", "${C:-}", "${A:-}"]
        """
        provider = load(folder, text, {"A": "first", "C": "second"}).providers["openai"]
        assert provider.keys == ("first", "second")
        assert load(folder, text, {"C": "only"}).providers["openai"].configured
        assert not load(folder, text).providers["openai"].configured

    def test_everything_that_a_provider_may_be_told_is_read(self, folder: Path) -> None:
        text = """\
        providers:
          anthropic:
            api_version: "2023-06-01"
            stream: false
            price_factor: 1.1
            limits: {requests_per_minute: 50, tokens_per_minute: 40000}
        """
        provider = load(folder, text).providers["anthropic"]
        assert (provider.api_version, provider.stream, provider.price_factor) == ("2023-06-01", False, Decimal("1.1"))
        assert (provider.limits.requests_per_minute, provider.limits.tokens_per_minute) == (50, 40_000)

    def test_no_limit_is_known_and_answers_are_streamed_unless_written(self, folder: Path) -> None:
        for provider in RagSettings.load(folder, {}).providers.values():
            assert (provider.limits.requests_per_minute, provider.limits.tokens_per_minute) == (None, None)
            assert provider.stream
            assert provider.price_factor == 1


class TestModels:
    def test_every_shipped_model_has_a_price_for_every_day_and_length(self, folder: Path) -> None:
        catalogue = RagSettings.load(folder, {}).catalogue
        assert len(catalogue.cards) == 31
        for card in catalogue.cards.values():
            for day in (date.min, TODAY, date(2027, 6, 1)):
                for tokens in (0, 100_001, 1_000_000):
                    rates = card.rates_on(day, tokens)
                    assert 0 < rates.cached_input < rates.input < rates.output
                    assert rates.input <= rates.cache_write <= rates.cache_write_long
            assert card.context_tokens is not None
            assert card.max_output_tokens is not None
            assert card.max_output_tokens < card.context_tokens

    def test_a_shipped_model_says_what_the_vendor_says(self, folder: Path) -> None:
        catalogue = RagSettings.load(folder, {}).catalogue
        sol = catalogue.cards["openai/gpt-6.2-sol"]
        assert [str(price) for price in sol.rates_on(TODAY, 272_000).prices.values()] == [
            *("2.00", "0.10", "2.50", "5.00", "10.00")
        ]
        assert [str(price) for price in sol.rates_on(TODAY, 272_001).prices.values()] == [
            *("4.00", "0.20", "5.00", "10.00", "15.00")
        ]
        assert (sol.context_tokens, sol.max_output_tokens, sol.effort) == (1_050_000, 128_000, "low")
        factors = {tier: sol.factor(tier, TODAY) for tier in ("batch", "flex", "fast", "priority", "ultrafast")}
        half, twice = Decimal("0.5"), Decimal(2)
        assert factors == {"batch": half, "flex": half, "fast": twice, "priority": twice, "ultrafast": 3}
        assert sol.factor("ultrafast", date(2027, 3, 1)) == 6
        assert catalogue.cards["anthropic/claude-opus-5-5"].factor("fast+us", TODAY) == Decimal("2.2")
        assert catalogue.cards["gemini/gemini-4-argon"].factor("priority", TODAY) == Decimal("1.8")
        assert catalogue.cards["gemini/gemini-4-argon"].rates_on(date(2026, 12, 1), 1).input == 4
        assert catalogue.cards["anthropic/claude-haiku-5-5"].rates_on(TODAY, 100_001).output == Decimal("2.50")
        old = catalogue.cards["openai/gpt-4o"]
        assert (old.effort, old.retires, old.replacement) == (None, date(2027, 1, 14), "openai/gpt-6-luna")
        assert catalogue.is_gone("anthropic/claude-3-5-sonnet-20241022", TODAY)

    def test_a_model_of_ones_own_needs_a_price_and_nothing_else(self, folder: Path) -> None:
        text = """\
        providers: {local: {kind: openai_compatible, base_url: "http://localhost:1"}}
        models: {local/meta/Llama-4: {prices: [{input: 0, output: 0}]}}
        routing: {routes: {quick: {models: [local/meta/Llama-4, local/meta/Llama-4]}}}
        """
        settings = load(folder, text)
        card = settings.catalogue.cards["local/meta/Llama-4"]
        assert (card.provider, card.model) == ("local", "meta/Llama-4")
        assert (card.context_tokens, card.max_output_tokens, card.effort) == (None, None, None)
        # Such servers call their models after files, or whatever is loaded.
        assert settings.catalogue.served(card, "/models/llama-4.gguf") == card
        assert settings.routes["quick"] == Route("preferred", ("local/meta/Llama-4",))
        assert settings.models_in_use == ("local/meta/Llama-4",)

    def test_a_price_that_is_left_out_is_never_too_low(self, folder: Path) -> None:
        catalogue = load(
            folder,
            """\
            models:
              openai/a: {prices: [{input: 2, output: 3}]}
              openai/b: {prices: [{input: 2, output: 3, cache_write: 5}]}
            """,
        ).catalogue
        a, b = (catalogue.cards[name].rates[0] for name in ("openai/a", "openai/b"))
        assert (a.cached_input, a.cache_write, a.cache_write_long) == (2, 2, 2)
        assert (b.cached_input, b.cache_write, b.cache_write_long) == (2, 5, 5)

    def test_what_is_written_of_a_known_model_is_laid_over_what_is_known(self, folder: Path) -> None:
        text = """\
        models:
          openai/gpt-6-luna:
            effort:
            served_as: [our-luna]
            tiers: {Scale: 1, flex: 0.4}
        """
        before = RagSettings.load(folder, {}).catalogue.cards["openai/gpt-6-luna"]
        after = load(folder, text).catalogue.cards["openai/gpt-6-luna"]
        assert (before.effort, after.effort) == ("low", None)
        assert after.rates == before.rates
        assert after.served_as == ("our-luna",)
        assert after.tiers == {
            **before.tiers,
            "flex": (TierFactor(factor=Decimal("0.4")),),
            "scale": (TierFactor(factor=Decimal(1)),),
        }

    def test_a_providers_surcharge_is_on_all_its_models(self, folder: Path) -> None:
        text = "providers: {openai: {price_factor: 1.1}}"
        cards = load(folder, text).catalogue.cards
        assert cards["openai/gpt-6.1-terra"].rates[0].input == Decimal("1.1")
        assert cards["anthropic/claude-sonnet-5-5"].rates[0].input == 2

    def test_models_that_are_gone_can_be_added(self, folder: Path) -> None:
        text = "gone_models: {local/old-*: {since: 2026-01-31, replacement: local/new}, local/older: }"
        gone = load(folder, text).catalogue.gone
        assert tuple(gone.values())[-2:] == (
            GoneModel(name="local/old-*", since=date(2026, 1, 31), replacement="local/new"),
            GoneModel(name="local/older"),
        )

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                "models:\n  gpt-6-luna: {prices: [{input: 1, output: 1}]}",
                "2: models.gpt-6-luna: expected a model as provider/model, such as openai/gpt-6-luna",
            ),
            (
                "models: {openai/x: {effort: low}}",
                (
                    "1: models.openai/x.prices: this key is missing; "
                    "expected a list of rows, such as [{input: 0.10, output: 0.50}]"
                ),
            ),
            (
                "models: {openai/x: {prices: []}}",
                (
                    "1: models.openai/x.prices: expected a row without since and over_input_tokens: "
                    "what holds unless another row does"
                ),
            ),
            (
                "models: {openai/x: {prices: [{input: 1, output: 1, since: 2026-01-01}]}}",
                (
                    "1: models.openai/x.prices: expected a row without since and over_input_tokens: "
                    "what holds unless another row does"
                ),
            ),
            (
                "models: {openai/x: {prices: [{input: 1, output: 1}, {input: 2, output: 2}]}}",
                (
                    "1: models.openai/x.prices: two rows hold from the same day and for the same length of prompts; "
                    "keep one"
                ),
            ),
            (
                "models:\n  openai/x:\n    prices:\n      - {input: 1, outptu: 1}\n",
                "4: models.openai/x.prices[0].outptu: unknown key; did you mean output?",
            ),
            (
                "models: {openai/gpt-6-luna: {prices: [{input: free, output: 1}]}}",
                (
                    "1: models.openai/gpt-6-luna.prices[0].input: "
                    'expected US dollars per million tokens, such as 0.02, or 0, not "free"'
                ),
            ),
            (
                "models: {openai/gpt-6-luna: {retires: soon}}",
                '1: models.openai/gpt-6-luna.retires: expected a day, such as 2027-01-14, not "soon"',
            ),
            (
                "models: {openai/gpt-6-luna: {retires: [2027]}}",
                "1: models.openai/gpt-6-luna.retires: expected a day, such as 2027-01-14, not a list",
            ),
            (
                "models: {openai/gpt-6-luna: {rerouted_to: openai/gpt-6.1-terra}}",
                (
                    "1: models.openai/gpt-6-luna.rerouted_to: "
                    "expected retires beside it: the day from which on requests are re-routed"
                ),
            ),
            (
                "models: {openai/gpt-6-luna: {retires: 2027-01-01, rerouted_to: openai/gpt-99}}",
                '1: models.openai/gpt-6-luna.rerouted_to: expected a model from models, not "openai/gpt-99"',
            ),
            (
                "providers: {openai: {tiers: {fast: twice}}}",
                "1: providers.openai.tiers.fast[0].factor: expected a factor on prices, such as 0.5 or 1.1",
            ),
            (
                "providers: {openai: {tiers: {fast: [{factr: 2}]}}}",
                "1: providers.openai.tiers.fast[0].factr: unknown key; did you mean factor?",
            ),
            (
                "providers: {openai: {limits: {requests_per_minute: 0}}}",
                (
                    "1: providers.openai.limits.requests_per_minute: "
                    'expected a number of requests from 1 to 1000000, not "0"'
                ),
            ),
        ],
    )
    def test_a_model_that_is_written_wrongly_is_told_of(self, folder: Path, text: str, sentence: str) -> None:
        assert sentence in [told.removeprefix(f"{RAG_FILE}:") for told in problems(folder, text)]


class TestRoutes:
    def test_every_task_has_a_route_over_several_vendors_and_all_of_them_have_prices(self, folder: Path) -> None:
        settings = RagSettings.load(folder, {})
        assert set(settings.routes) == set(get_args(Task))
        for route in settings.routes.values():
            assert route.policy == "preferred"
            assert {name.partition("/")[0] for name in route.models} == {"openai", "anthropic", "gemini"}
        assert settings.routes["factual"].models[0] == "openai/gpt-6.1-terra"
        assert settings.cheaper_models[0] == "openai/gpt-6-luna"
        routing = settings.routing
        assert (routing.deadline_s, routing.max_output_tokens, routing.least_output_tokens) == (120, 4096, 512)
        assert (routing.max_history_tokens, routing.condense_follow_ups) == (1500, True)
        assert routing.breaker.model_dump() == {"failures": 3, "rest_s": 30, "longest_rest_s": 300}

    def test_none_of_the_shipped_routes_asks_for_what_goes_within_the_month(self, folder: Path) -> None:
        settings = RagSettings.load(folder, {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b", "GEMINI_API_KEY": "c"})
        assert settings.catalogue.notices(TODAY, settings.models_in_use) == ()

    def test_a_route_is_changed_key_by_key(self, folder: Path) -> None:
        text = """\
        routing:
          deadline_s: 20
          routes: {quick: {policy: fastest}, factual: {models: [openai/gpt-6-luna]}, real_time: {models: []}}
          cheaper_models: [gemini/gemini-2.5-flash-lite]
          breaker: {failures: 5}
        """
        settings = load(folder, text)
        assert settings.routes["quick"].policy == "fastest"
        assert settings.routes["quick"].models == RagSettings.load(SHIPPED, {}).routes["quick"].models
        assert settings.routes["factual"] == Route("preferred", ("openai/gpt-6-luna",))
        assert settings.routes["real_time"].models == ()
        assert settings.cheaper_models == ("gemini/gemini-2.5-flash-lite",)
        assert settings.routing.deadline_s == 20
        assert (settings.routing.breaker.failures, settings.routing.breaker.rest_s) == (5, 30)

    def test_how_much_of_a_conversation_is_told_and_whether_a_model_condenses_it_can_be_changed(
        self, folder: Path
    ) -> None:
        routing = load(folder, "routing: {max_history_tokens: 0, condense_follow_ups: false}").routing
        assert (routing.max_history_tokens, routing.condense_follow_ups) == (0, False)
        assert problems(folder, "routing: {max_history_tokens: -1, condense_follow_ups: perhaps}") == [
            f'{RAG_FILE}:1: routing.max_history_tokens: expected a number of tokens from 0 to 1000000, not "-1"',
            f'{RAG_FILE}:1: routing.condense_follow_ups: expected true or false, not "perhaps"',
        ]

    def test_only_models_whose_provider_has_a_key_are_in_use(self, folder: Path) -> None:
        assert RagSettings.load(folder, {}).models_in_use == ()
        in_use = RagSettings.load(folder, {"OPENAI_API_KEY": "key"}).models_in_use
        assert in_use == ("openai/gpt-6.1-terra", "openai/gpt-6.2-sol", "openai/gpt-6-luna")

    @pytest.mark.parametrize("gone", ["openai/gpt-4", "openai/gpt-4o", "openai/gpt-5", "gemini/gemini-1.5-pro"])
    def test_a_model_that_goes_does_not_keep_the_bot_from_starting(self, folder: Path, gone: str) -> None:
        settings = load(folder, f"routing: {{routes: {{quick: {{models: [{gone}]}}}}}}", {"OPENAI_API_KEY": "key"})
        assert settings.routes["quick"].models == (gone,)
        assert settings.expected_instead(gone) is None
        (notice,) = settings.catalogue.notices(date(2027, 1, 14), [gone])
        assert (notice.level, notice.kind) == ("error", "gone")

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                "routing:\n routes:\n  quick:\n   models:\n    - openai/gpt-4o\n    - openai/gpt-6-lune\n",
                (
                    "6: routing.routes.quick.models[1]: "
                    'expected a model from models (the nearest is openai/gpt-6-luna), not "openai/gpt-6-lune"'
                ),
            ),
            (
                "routing: {cheaper_models: [opnai/gpt-6-luna]}",
                (
                    "1: routing.cheaper_models[0]: expected a model whose provider is one of those under providers: "
                    'anthropic, gemini, openai, not "opnai/gpt-6-luna"'
                ),
            ),
            (
                "routing: {cheaper_models: [groq/openai/gpt-oss-20b]}",
                (
                    "1: routing.cheaper_models[0]: expected a model whose provider is one of those under providers: "
                    'anthropic, gemini, openai, not "groq/openai/gpt-oss-20b"'
                ),
            ),
            (
                "routing: {cheaper_models: [openai/]}",
                (
                    "1: routing.cheaper_models[0]: "
                    'expected a model as provider/model, such as openai/gpt-6-luna, not "openai/"'
                ),
            ),
            (
                "routing: {cheaper_models: ['openai/${N:-zzzzzzzzzzzz}']}",
                "1: routing.cheaper_models[0]: expected a model from models, not what ${N} gives here",
            ),
            (
                "routing: {routes: {quick: {policy: best}}}",
                '1: routing.routes.quick.policy: expected preferred, cheapest or fastest, not "best"',
            ),
            (
                "routing: {routes: {coding: {}}}",
                (
                    "1: routing.routes.coding: unknown key; "
                    "known here: factual, code_generation, document_analysis, quick, real_time"
                ),
            ),
            (
                "routing: {breaker: {longest_rest_s: 29}}",
                "1: routing.breaker.longest_rest_s: expected at least rest_s",
            ),
        ],
    )
    def test_a_route_that_cannot_be_taken_is_told_with_what_would_fit(
        self, folder: Path, text: str, sentence: str
    ) -> None:
        assert problem(folder, text) == sentence

    def test_a_pin_is_told_what_it_should_name(self, folder: Path) -> None:
        settings = RagSettings.load(folder, {})
        assert settings.expected_instead("openai/gpt-6-luna") is None
        told = settings.expected_instead("anthropic/claude-sonet-5-5")
        assert told == "a model from models (the nearest is anthropic/claude-sonnet-5-5)"


class TestPrompts:
    def test_a_prompt_of_the_folder_goes_before_the_shipped_one(self, folder: Path) -> None:
        assert prompt_text(folder, "answer.md") == shipped_text("prompts/answer.md")
        (folder / "prompts").mkdir()
        (folder / "prompts/answer.md").write_text("Be brief.")
        assert prompt_text(folder, "answer.md") == "Be brief."

    def test_a_prompt_in_another_encoding_is_told(self, folder: Path) -> None:
        (folder / "prompts").mkdir()
        (folder / "prompts/answer.md").write_bytes(b"caf\xe9")
        with pytest.raises(ConfigurationError, match=r"answer\.md:1: expected UTF-8 text"):
            prompt_text(folder, "answer.md")
