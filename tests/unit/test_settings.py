from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ConfigurationError, ConfigurationProblem
from rag.settings import RAG_FILE, RagSettings, config_folder, read_environment, shipped_text

SHIPPED = Path(__file__).parents[2] / "config"

FRAGMENT = """\
routing:
  cost_limits: {daily_budget: 25.00, per_request_limit: 0.50, warn_threshold: 0.80, emergency_brake: 0.95}
monitoring:
  cost_tracking: {enabled: true, alert_email: "admin@empresa.com", alert_webhook: "https://webhook.site/your-webhook"}
  daily_reports: {enabled: true, include_breakdown: true, include_recommendations: true}
optimization:
  caching:
    enabled: true
    ttl_by_type: {factual_queries: 86400, code_generation: 7200, document_analysis: 3600, quick_queries: 1800}
    max_cache_size: 5000
    cache_hit_target: 0.70
    providers: {embeddings: true, responses: true, chunks: true}
"""

PIECES = [
    *("providers", "openai", "api_key", "headers", "retrieval", "passages", "routing", "embeddings", "model"),
    *(
        ": ",
        ":\n",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "? ",
        "&a ",
        "*a",
        "!t ",
        "'",
        '"',
        "| ",
        "---\n",
    ),
    *("${SECRET}", "${", "${A:-1}", "$${", "5", "0.5", "null", "#"),
]
"""What a file about to go wrong is made of."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> RagSettings:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / RAG_FILE).write_bytes(content)
    return RagSettings.load(folder, environ or {})


def problems(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """The sentences about a wrong file, without its folder."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, environ)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def problem(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> str:
    (only,) = problems(folder, text, environ)
    return only.removeprefix(f"{RAG_FILE}:")


class TestDefaults:
    def test_no_file_an_empty_file_and_the_shipped_file_mean_the_same(self, folder: Path) -> None:
        without = RagSettings.load(folder, {})
        assert load(folder, "") == without
        assert load(folder, "# nothing but a comment\n") == without
        assert RagSettings.load(SHIPPED, {}) == without

    def test_the_shipped_file_reads_the_same_variables_as_no_file(self, folder: Path) -> None:
        environ = {
            "OPENAI_API_KEY": "a",
            "OPENAI_BASE_URL": "http://localhost:1/v1",
            "ANTHROPIC_API_KEY": "b",
            "ANTHROPIC_BASE_URL": "http://localhost:2",
            "GEMINI_API_KEY": "c",
            "GEMINI_BASE_URL": "http://localhost:3/",
        }
        settings = RagSettings.load(folder, environ)
        assert RagSettings.load(SHIPPED, environ) == settings
        assert [provider.base_url for provider in settings.providers.values()] == [
            "http://localhost:1/v1",
            "http://localhost:2",
            "http://localhost:3",
        ]
        assert all(provider.configured for provider in settings.providers.values())

    def test_without_keys_no_provider_is_configured_and_nothing_embeds(self, folder: Path) -> None:
        settings = RagSettings.load(folder, {"OPENAI_API_KEY": ""})
        assert not any(provider.configured for provider in settings.providers.values())
        assert settings.embedder is None
        assert settings.providers["openai"].base_url == "https://api.openai.com/v1"

    def test_what_people_edit_is_shipped_as_what_holds_by_default(self) -> None:
        defaults = SHIPPED.parent / "rag/settings/defaults"
        names = sorted(str(path.relative_to(defaults)) for path in defaults.rglob("*") if path.is_file())
        assert names == ["llm_providers_config.yaml", "prompts/answer.md", "prompts/condense.md"]
        for name in names:
            same = (SHIPPED / name).read_bytes() == (defaults / name).read_bytes()
            assert same, f"after a change, copy config/{name} to rag/settings/defaults/{name}"
            assert shipped_text(name).encode() == (defaults / name).read_bytes()

    def test_the_defaults_do_not_hang_on_the_working_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert "openai" in RagSettings.load(tmp_path, {}).providers

    def test_of_the_shipped_file_deleted_keys_keep_their_defaults(self, folder: Path) -> None:
        shipped = shipped_text(RAG_FILE)
        without_models = shipped[: shipped.index("\nmodels:")]
        assert load(folder, without_models) == RagSettings.load(SHIPPED, {})

    def test_what_the_first_provider_spells_out_are_the_defaults_of_all(self, folder: Path) -> None:
        local = {"local": {"kind": "openai_compatible", "base_url": "http://localhost:1"}}
        providers = load(folder, f"providers: {json.dumps(local)}").providers
        written, left_out = providers["openai"].model_dump(), providers["local"].model_dump()
        own = {"kind", "base_url", "tiers"}
        assert {key: written[key] for key in written.keys() - own} == {
            key: left_out[key] for key in written.keys() - own
        }

    def test_a_section_whose_keys_are_all_commented_out_keeps_its_defaults(self, folder: Path) -> None:
        commented = "providers:\nrouting:\n  cost_limits:\n    # daily_budget: 1\noptimization: ~\n"
        assert load(folder, commented) == RagSettings.load(SHIPPED, {})

    def test_the_default_folder_may_be_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert RagSettings.load(config_folder({}), {}).retrieval.passages == 8

    def test_a_folder_that_was_named_may_not_be_missing(self, folder: Path) -> None:
        missing = folder / "elsewhere"
        with pytest.raises(ConfigurationError, match=f"^{re.escape(str(missing))}: there is no such folder"):
            RagSettings.load(config_folder({"RAGBOT_CONFIG": str(missing)}), {})


class TestMeaning:
    def test_the_fragment_of_an_existing_installation_means_what_it_says(self, folder: Path) -> None:
        settings = load(folder, FRAGMENT)
        limits = settings.routing.cost_limits
        assert limits.daily_budget_micro_usd == 25_000_000
        assert limits.per_request_limit_micro_usd == 500_000
        assert (limits.warn_threshold, limits.emergency_brake) == (Decimal("0.80"), Decimal("0.95"))
        tracking = settings.monitoring.cost_tracking
        assert tracking.enabled
        assert tracking.alert_email == "admin@empresa.com"
        assert tracking.alert_webhook == "https://webhook.site/your-webhook"
        reports = settings.monitoring.daily_reports
        assert (reports.enabled, reports.include_breakdown, reports.include_recommendations) == (True, True, True)
        caching = settings.optimization.caching
        assert caching.enabled
        assert caching.ttl_by_type.model_dump() == {
            "factual_queries": 86400,
            "code_generation": 7200,
            "document_analysis": 3600,
            "quick_queries": 1800,
            "real_time": 300,
        }
        assert (caching.max_cache_size, caching.cache_hit_target) == (5000, Decimal("0.70"))
        assert caching.providers.model_dump() == {"embeddings": True, "responses": True, "chunks": True}
        assert caching.similar_questions

    def test_every_value_of_the_fragment_is_read_and_not_only_equal_to_a_default(self, folder: Path) -> None:
        changed = FRAGMENT.replace("true", "false").replace("25.00", "7.25").replace("0.50", "0.0001")
        changed = changed.replace("0.80", "0.1").replace("0.95", "0.2").replace("0.70", "0.3")
        changed = changed.replace("86400", "1").replace("7200", "2").replace("3600", "3").replace("1800", "4")
        settings = load(folder, changed.replace("5000", "5"))
        limits = settings.routing.cost_limits
        assert limits.model_dump() == {
            "daily_budget_micro_usd": 7_250_000,
            "per_request_limit_micro_usd": 100,
            "warn_threshold": Decimal("0.1"),
            "emergency_brake": Decimal("0.2"),
            "time_zone": ZoneInfo("UTC"),
        }
        caching = settings.optimization.caching
        assert list(caching.ttl_by_type.model_dump().values()) == [1, 2, 3, 4, 300]
        assert (caching.max_cache_size, caching.cache_hit_target) == (5, Decimal("0.3"))
        assert not caching.enabled
        assert not any(caching.providers.model_dump().values())
        assert not any(settings.monitoring.daily_reports.model_dump().values())
        assert not settings.monitoring.cost_tracking.enabled

    @given(micro=st.integers(min_value=0, max_value=10**15), zeros=st.integers(min_value=0, max_value=30))
    def test_every_amount_of_money_is_exact(
        self, micro: int, zeros: int, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        dollars = f"{micro // 10**6}.{micro % 10**6:06}{'0' * zeros}"
        folder = tmp_path_factory.getbasetemp()
        settings = load(folder, f"routing: {{cost_limits: {{daily_budget: {dollars}}}}}")
        assert settings.routing.cost_limits.daily_budget_micro_usd == micro

    def test_a_tenth_of_a_dollar_is_a_hundred_thousand_millionths(self, folder: Path) -> None:
        limits = load(folder, "routing: {cost_limits: {daily_budget: 0.1}}").routing.cost_limits
        assert limits.daily_budget_micro_usd == 100_000

    def test_a_provider_keeps_the_defaults_of_the_keys_that_are_left_out(self, folder: Path) -> None:
        text = "providers: {openai: {timeouts_s: {total: 2.5}, headers: {X-Team: docs}}}"
        provider = load(folder, text, {"OPENAI_API_KEY": "key"}).providers["openai"]
        assert provider.configured
        assert (provider.timeouts_s.connect, provider.timeouts_s.total) == (5.0, 2.5)
        assert provider.headers["X-Team"].get_secret_value() == "docs"

    def test_a_compatible_server_needs_an_address_and_no_key(self, folder: Path) -> None:
        local = load(folder, "providers: {local: {kind: openai_compatible, base_url: http://localhost:11434/v1/}}")
        assert local.providers["local"].configured
        assert local.providers["local"].base_url == "http://localhost:11434/v1"
        assert set(local.providers) == {"openai", "anthropic", "gemini", "local"}
        assert problem(folder, "providers:\n  local:\n    kind: openai_compatible\n") == (
            "2: providers.local.base_url: expected an http:// or https:// address without a password in it"
        )

    def test_the_environment_says_where_things_are_kept(self, folder: Path) -> None:
        settings = RagSettings.load(folder, {})
        assert settings.data_folder == Path("data")
        assert settings.lancedb_uri == str(Path("data/lancedb"))
        assert settings.state_url == "sqlite:///data/state.db"
        moved = RagSettings.load(
            folder, {"RAGBOT_DATA": "/srv/ragbot", "RAGBOT_LANCEDB_URI": "", "RAGBOT_STATE_URL": ""}
        )
        assert moved.data_folder == Path("/srv/ragbot")
        assert moved.lancedb_uri == "/srv/ragbot/lancedb"
        assert moved.state_url == "sqlite:////srv/ragbot/state.db"
        remote = RagSettings.load(
            folder, {"RAGBOT_LANCEDB_URI": "s3://bucket/ragbot", "RAGBOT_STATE_URL": "postgresql://ragbot:pw@db/ragbot"}
        )
        assert remote.lancedb_uri == "s3://bucket/ragbot"
        assert remote.state_url == "postgresql://ragbot:pw@db/ragbot"


class TestEmbeddings:
    def test_a_model_of_the_catalogue_needs_nothing_but_its_name(self, folder: Path) -> None:
        text = "embeddings: {provider: openai, model: text-embedding-3-small}"
        embedder = load(folder, text, {"OPENAI_API_KEY": "key"}).embedder
        assert embedder is not None
        assert embedder.name == "openai/text-embedding-3-small"
        assert embedder.provider.configured
        assert (embedder.dimensions, embedder.native_dimensions) == (1536, 1536)
        assert (embedder.max_input_tokens, embedder.batch_size) == (8191, 64)
        assert embedder.price_per_mtok_usd == Decimal("0.02")

    def test_what_is_written_goes_before_the_catalogue(self, folder: Path) -> None:
        text = """\
        embeddings:
          {provider: openai, model: text-embedding-3-small, dimensions: 512, batch_size: 7, price_per_mtok_usd: 0}
        """
        embedder = load(folder, text).embedder
        assert embedder is not None
        assert (embedder.dimensions, embedder.batch_size, embedder.price_per_mtok_usd) == (512, 7, Decimal(0))
        assert embedder.native_dimensions == 1536

    def test_the_catalogue_can_be_extended(self, folder: Path) -> None:
        text = """\
        providers: {local: {kind: openai_compatible, base_url: "http://localhost:1"}}
        embedding_models: {local/bge: {price_per_mtok_usd: 0, dimensions: 384, max_tokens: 512}}
        embeddings: {provider: local, model: bge}
        """
        embedder = load(folder, text).embedder
        assert embedder is not None
        assert (embedder.dimensions, embedder.max_input_tokens, embedder.price_per_mtok_usd) == (384, 512, Decimal(0))

    def test_an_unknown_model_works_once_price_and_dimensions_are_written(self, folder: Path) -> None:
        text = "embeddings: {provider: gemini, model: new, dimensions: 256, price_per_mtok_usd: 0.3}"
        embedder = load(folder, text).embedder
        assert embedder is not None
        assert (embedder.max_input_tokens, embedder.native_dimensions) == (None, None)
        assert embedder.price_per_mtok_usd == Decimal("0.3")

    @pytest.mark.parametrize(
        ("choice", "sentence"),
        [
            (
                "{provider: voyage, model: voyage-4}",
                "expected the provider to be one of those under providers: anthropic, gemini, openai",
            ),
            (
                "{provider: anthropic, model: x}",
                "expected a provider of another kind: anthropic offers no embeddings",
            ),
            (
                "{provider: openai, model: x, dimensions: 8}",
                "the price of this model is not known; write price_per_mtok_usd (0 for a server of your own)",
            ),
            (
                "{provider: openai, model: x, price_per_mtok_usd: 0}",
                "the length of this model's vectors is not known; write dimensions, such as 512",
            ),
            (
                "{provider: openai, model: text-embedding-3-small, dimensions: 1537}",
                "this model's vectors have at most 1536 dimensions",
            ),
        ],
    )
    def test_what_does_not_fit_together_is_refused(self, folder: Path, choice: str, sentence: str) -> None:
        assert problem(folder, f"embeddings: {choice}") == f"1: embeddings: {sentence}"

    def test_embeddings_are_not_blamed_for_a_wrong_provider(self, folder: Path) -> None:
        text = "providers: {openai: {kind: 7}}\nembeddings: {provider: openai, model: x}"
        assert problem(folder, text) == (
            '1: providers.openai.kind: expected openai, openai_compatible, anthropic or gemini, not "7"'
        )


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                "routing:\n  cost_limits:\n    daily_buget: 5\n",
                "3: routing.cost_limits.daily_buget: unknown key; did you mean daily_budget?",
            ),
            (
                "retrieval:\n  zzz: 5\n",
                (
                    "2: retrieval.zzz: unknown key; known here: passages, candidates, chunk_chars, "
                    "chunk_overlap_chars, max_file_bytes"
                ),
            ),
            (
                "providers:\n  headers: {kind: openai, timeouts_s: {totl: 3}}\n",
                "2: providers.headers.timeouts_s.totl: unknown key; did you mean total?",
            ),
            ("rooting: {}", "1: rooting: unknown key; did you mean routing?"),
            ("embeddings: {modle: x, provider: y, model: z}", "1: embeddings.modle: unknown key; did you mean model?"),
            (
                "routing: {cost_limits: {daily_budget: plenty}}",
                '1: routing.cost_limits.daily_budget: expected a number of US dollars, such as 25.00, not "plenty"',
            ),
            (
                "routing: {cost_limits: {daily_budget: }}",
                "1: routing.cost_limits.daily_budget: expected a number of US dollars, such as 25.00, not nothing",
            ),
            (
                "routing: {cost_limits: {daily_budget: -1}}",
                (
                    "1: routing.cost_limits.daily_budget: "
                    'expected a number of US dollars from 0 to 1000000000, such as 25.00, not "-1"'
                ),
            ),
            (
                "routing: {cost_limits: {daily_budget: .inf}}",
                '1: routing.cost_limits.daily_budget: expected a number of US dollars, such as 25.00, not ".inf"',
            ),
            (
                "routing: {cost_limits: {daily_budget: NaN}}",
                (
                    "1: routing.cost_limits.daily_budget: "
                    'expected a number of US dollars from 0 to 1000000000, such as 25.00, not "NaN"'
                ),
            ),
            (
                "routing: {cost_limits: {per_request_limit: 0.0000001}}",
                (
                    "1: routing.cost_limits.per_request_limit: "
                    'expected a number of US dollars with at most 6 decimals, such as 0.000001, not "0.0000001"'
                ),
            ),
            (
                "routing: {cost_limits: {warn_threshold: 80}}",
                '1: routing.cost_limits.warn_threshold: expected a share from 0 to 1, such as 0.80, not "80"',
            ),
            (
                "routing:\n  cost_limits: {warn_threshold: 0.95}",
                (
                    "2: routing.cost_limits.emergency_brake: "
                    "expected a share above warn_threshold, so that the warning comes before the brake"
                ),
            ),
            (
                "retrieval: {passages: true}",
                '1: retrieval.passages: expected a number of passages from 1 to 50, not "true"',
            ),
            (
                "retrieval: {passages: 51}",
                '1: retrieval.passages: expected a number of passages from 1 to 50, not "51"',
            ),
            ("retrieval: {passages: 50}", "1: retrieval.candidates: expected at least as many candidates as passages"),
            (
                "retrieval: {chunk_chars: 799}",
                "1: retrieval.chunk_overlap_chars: expected at most half of chunk_chars",
            ),
            (
                "retrieval: {passages: [8]}",
                "1: retrieval.passages: expected a number of passages from 1 to 50, not a list",
            ),
            (
                "optimization: {caching: {enabled: {yes: 1}}}",
                "1: optimization.caching.enabled: expected true or false, not keys and values",
            ),
            ("routing: 5", '1: routing: expected keys and values, not "5"'),
            ("providers: [openai]", "1: providers: expected keys and values, not a list"),
            (
                "providers: {openai: {timeouts_s: {total: .nan}}}",
                '1: providers.openai.timeouts_s.total: expected a number of seconds from 0.1 to 3600, not ".nan"',
            ),
            (
                "providers:\n  groq:\n    api_key: x\n",
                "2: providers.groq.kind: this key is missing; expected openai, openai_compatible, anthropic or gemini",
            ),
            (
                "embedding_models: {x/y: {price_per_mtok_usd: 0, max_tokens: 1}}",
                (
                    "1: embedding_models.x/y.dimensions: this key is missing; "
                    "expected a number of dimensions from 1 to 16384"
                ),
            ),
            (
                "monitoring: {cost_tracking: {alert_email: nobody}}",
                (
                    "1: monitoring.cost_tracking.alert_email: "
                    'expected an e-mail address, such as admin@example.com, not "nobody"'
                ),
            ),
        ],
    )
    def test_a_wrong_key_is_told_with_its_line_and_what_was_expected(
        self, folder: Path, text: str, sentence: str
    ) -> None:
        assert problem(folder, text) == sentence

    def test_a_limit_at_its_bound_is_fine(self, folder: Path) -> None:
        text = "retrieval: {passages: 50, candidates: 50, chunk_chars: 800, chunk_overlap_chars: 400}"
        assert load(folder, text).retrieval.passages == 50

    def test_all_problems_of_file_and_environment_are_told_at_once_in_the_order_of_the_lines(
        self, folder: Path
    ) -> None:
        text = "retrieval:\n  passages: ${NOT_SET}\n  zzz: 1\nrouting: 5\nretreival: {}\n"
        with pytest.raises(ConfigurationError) as caught:
            load(folder, text, {"RAGBOT_STATE_URL": "mysql://root:hunter2@db"})
        assert [(told.line, told.key) for told in caught.value.problems] == [
            (2, "retrieval.passages"),
            (3, "retrieval.zzz"),
            (4, "routing"),
            (5, "retreival"),
            (None, "RAGBOT_STATE_URL"),
        ]
        assert caught.value.problems[-1] == ConfigurationProblem(
            "environment",
            None,
            "RAGBOT_STATE_URL",
            "expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE",
        )

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("a: [1\nb: 2\n", "for what begins on line 1"),
            ("a: {b: ${C}}\n", "put quotes around ${…} where it stands inside brackets"),
            ("a: 1\n---\nb: 2\n", "this is not valid YAML: but found another document for what begins on line 1"),
            ("a: \x07\n", "this is not valid YAML: the character U+0007 is not allowed"),
            ("- a\n- b\n", "expected keys and values, such as `key: value`"),
            ("just a sentence", "expected keys and values, such as `key: value`"),
            (b"a: caf\xe9\n", "expected UTF-8 text; save the file in that encoding"),
        ],
    )
    def test_what_is_not_yaml_is_told_with_its_line(self, folder: Path, text: str | bytes, sentence: str) -> None:
        told = problem(folder, text)
        assert re.match(r"[12]: ", told)
        assert told.endswith(sentence)

    def test_a_key_that_stands_twice_is_refused_with_both_lines(self, folder: Path) -> None:
        assert problem(folder, "retrieval:\n  passages: 5\n  passages: 6\n") == (
            "3: retrieval.passages: this key stands twice, here and on line 2; keep one"
        )

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                "routing: &a {}\nmonitoring: *a\n",
                "2: monitoring: aliases (*name) are not supported; write the value again",
            ),
            ("routing: &a [*a]\n", "1: routing[0]: aliases (*name) are not supported; write the value again"),
            (
                "retrieval: !!python/name:os.system x\n",
                "1: retrieval: tags (!name) are not supported; write the plain value",
            ),
            ("? [a]\n: 1\n", "1: expected a key that is a word; quote it where it starts with a bracket"),
        ],
    )
    def test_what_yaml_has_beyond_plain_values_is_refused(self, folder: Path, text: str, sentence: str) -> None:
        assert sentence in [told.removeprefix(f"{RAG_FILE}:") for told in problems(folder, text)]

    def test_a_file_that_is_nested_without_end_is_told(self, folder: Path) -> None:
        assert problems(folder, "retrieval: " + "[" * 1000 + "]" * 1000) == [
            f"{RAG_FILE}: this is not valid YAML: it is nested too deeply"
        ]

    @given(text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
    def test_whatever_stands_in_a_file_it_is_read_or_told_and_keeps_its_secrets(
        self, text: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.getbasetemp()
        try:
            told = repr(load(folder, text.encode(errors="surrogatepass"), {"SECRET": "hunter2"}))
        except ConfigurationError as error:
            told = str(error)
        assert "hunter2" not in told

    def test_a_file_that_cannot_be_read_is_told(self, folder: Path) -> None:
        (folder / RAG_FILE).mkdir()
        with pytest.raises(ConfigurationError, match="the file cannot be read: Is a directory"):
            RagSettings.load(folder, {})

    def test_a_byte_order_mark_is_no_part_of_the_first_key(self, folder: Path) -> None:
        assert load(folder, b"\xef\xbb\xbfretrieval: {passages: 3}").retrieval.passages == 3


class TestVariables:
    @pytest.mark.parametrize(
        ("written", "environ", "passages"),
        [
            ("${N}", {"N": "5"}, 5),
            ('"${N}"', {"N": "5"}, 5),
            ("${N:-6}", {}, 6),
            ("${N:-6}", {"N": ""}, 6),
            ("${N:-6}", {"N": "7"}, 7),
            ("${A}${B:-0}", {"A": "1"}, 10),
        ],
    )
    def test_a_variable_becomes_a_number_where_one_is_expected(
        self, folder: Path, written: str, environ: dict[str, str], passages: int
    ) -> None:
        assert load(folder, f"retrieval:\n  passages: {written}\n", environ).retrieval.passages == passages

    def test_a_budget_from_the_environment_is_as_exact_as_one_from_the_file(self, folder: Path) -> None:
        text = "routing:\n  cost_limits:\n    daily_budget: ${DAILY:-25}\n"
        assert load(folder, text).routing.cost_limits.daily_budget_micro_usd == 25_000_000
        assert load(folder, text, {"DAILY": "0.1"}).routing.cost_limits.daily_budget_micro_usd == 100_000

    @pytest.mark.parametrize("key", ["0123", "1e5", "true", "2026-11-22", "a: b # c", "${NOT_AGAIN}"])
    def test_a_key_stays_the_text_that_it_is(self, folder: Path, key: str) -> None:
        secret = load(folder, "providers:\n  openai:\n    api_key: ${K}\n", {"K": key}).providers["openai"].api_key
        assert secret is not None
        assert secret.get_secret_value() == key

    @pytest.mark.parametrize("nothing", ["${K:-}", '""', "${K:-null}"])
    def test_an_empty_key_is_no_key(self, folder: Path, nothing: str) -> None:
        text = f"providers:\n  openai:\n    api_key: {nothing}\n"
        assert not load(folder, text, {"OPENAI_API_KEY": "set"}).providers["openai"].configured

    def test_two_dollars_are_an_escape(self, folder: Path) -> None:
        settings = load(folder, "providers: {openai: {headers: {X-Price: '$${NAME} costs $5'}}}", {"NAME": "wrong"})
        assert settings.providers["openai"].headers["X-Price"].get_secret_value() == "${NAME} costs $5"

    def test_a_missing_variable_is_named_with_its_line(self, folder: Path) -> None:
        assert problem(folder, "retrieval:\n  passages: ${RAGBOT_PASSAGES}\n") == (
            "2: retrieval.passages: the environment variable RAGBOT_PASSAGES is not set; "
            "set it, or give a default: ${RAGBOT_PASSAGES:-default}"
        )

    @pytest.mark.parametrize("written", ["${", "${1ST}", "${A:-${B}}", "${A-b}", "${}"])
    def test_a_variable_that_is_none_is_refused(self, folder: Path, written: str) -> None:
        assert problem(folder, f"retrieval:\n  passages: '{written}'\n", {"A": "1", "B": "2"}) == (
            "2: retrieval.passages: expected ${NAME} or ${NAME:-default}; write $${ where you mean the characters ${"
        )


class TestSecrets:
    def test_keys_headers_webhooks_and_passwords_are_not_in_what_is_printed(self, folder: Path) -> None:
        text = """\
        providers: {openai: {api_key: sk-hunter2, api_keys: [hunter2], headers: {X-Key: hunter2}}}
        monitoring: {cost_tracking: {alert_webhook: "https://hooks.example.com/hunter2"}}
        embeddings: {provider: openai, model: text-embedding-3-small}
        """
        settings = load(folder, text, {"RAGBOT_STATE_URL": "postgresql://ragbot:hunter2@db/ragbot"})
        assert settings.providers["openai"].configured
        assert "hunter2" not in f"{settings} {settings!r} {settings.embedder!r} {settings.monitoring}"

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                "providers: {openai: {base_url: 'https://user:hunter2@host'}}",
                "1: providers.openai.base_url: expected an http:// or https:// address without a password in it",
            ),
            (
                "providers: {openai: {base_url: 'http://host:hunter2'}}",
                "1: providers.openai.base_url: expected an http:// or https:// address without a password in it",
            ),
            (
                "providers: {openai: {api_key: [hunter2]}}",
                "1: providers.openai.api_key: expected a key, as text, not a list",
            ),
            (
                "providers: {openai: {headers: {X: {hunter2: hunter2}}}}",
                "1: providers.openai.headers.X: expected a key, as text, not keys and values",
            ),
            (
                "providers: {openai: {api_kye: hunter2}}",
                "1: providers.openai.api_kye: unknown key; did you mean api_key?",
            ),
        ],
    )
    def test_a_wrong_value_in_a_secret_place_is_not_quoted(self, folder: Path, text: str, sentence: str) -> None:
        assert problem(folder, text) == sentence

    def test_a_line_that_is_not_yaml_is_not_quoted(self, folder: Path) -> None:
        assert "hunter2" not in problem(folder, "providers:\n  openai: {api_key: hunter2\n  @\n")

    @pytest.mark.parametrize(
        "text",
        [
            "retrieval:\n  passages: ${SECRET}\n",
            "retrieval:\n  passages: ${SECRET}\n  candidates: x${SECRET}\n",
            "routing: ${SECRET}\n",
            "providers:\n  openai:\n    base_url: ${SECRET}\n    kind: ${SECRET}\n",
            "embeddings:\n  provider: ${SECRET}\n  model: ${SECRET}\n",
            "routing: {cheaper_models: ['openai/${SECRET}']}",
            "routing:\n  cost_limits:\n    daily_budget: ${SECRET}\n    warn_threshold: 1${SECRET}\n",
            "monitoring:\n  cost_tracking:\n    alert_email: ${SECRET}\n    enabled: ${SECRET}\n",
            "providers:\n  x: ${SECRET}\n  ${SECRET}: {}\n",
            "${SECRET}",
        ],
    )
    def test_what_a_variable_holds_is_never_in_a_problem(self, folder: Path, text: str) -> None:
        told = "\n".join(problems(folder, text, {"SECRET": "hunter2"}))
        assert told
        assert "hunter2" not in told

    def test_a_value_from_a_variable_is_told_by_the_variable(self, folder: Path) -> None:
        assert problem(folder, "retrieval:\n  passages: ${N:-many}\n") == (
            "2: retrieval.passages: expected a number of passages from 1 to 50, not what ${N} gives here"
        )

    def test_a_wrong_address_in_the_environment_is_told_by_its_variable_with_no_file(self, folder: Path) -> None:
        with pytest.raises(ConfigurationError) as caught:
            RagSettings.load(folder, {"OPENAI_BASE_URL": "hunter2"})
        (told,) = caught.value.problems
        assert (told.line, told.key) == (None, "providers.openai.base_url")
        assert told.expected.endswith("without a password in it, not what ${OPENAI_BASE_URL} gives here")


class TestEnvironment:
    def test_the_process_environment_goes_before_the_dotenv_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".env").write_text("RAGBOT_TEST_A=file\nRAGBOT_TEST_B='from file'\nRAGBOT_TEST_C\n")
        monkeypatch.setenv("RAGBOT_TEST_A", "process")
        environ = read_environment(tmp_path)
        assert environ["RAGBOT_TEST_A"] == "process"
        assert environ["RAGBOT_TEST_B"] == "from file"
        assert "RAGBOT_TEST_C" not in environ
        monkeypatch.chdir(tmp_path)
        assert read_environment() == environ

    def test_without_a_dotenv_file_there_is_the_process_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAGBOT_TEST_A", "process")
        assert read_environment(tmp_path)["RAGBOT_TEST_A"] == "process"

    def test_a_dotenv_file_in_another_encoding_is_told(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes(b"A=caf\xe9\n")
        with pytest.raises(ConfigurationError, match=r"\.env: expected UTF-8 text") as caught:
            read_environment(tmp_path)
        assert caught.value.__suppress_context__

    def test_the_configuration_folder_is_config_unless_named(self) -> None:
        assert config_folder({}) == config_folder({"RAGBOT_CONFIG": ""}) == Path("config")
        assert config_folder({"RAGBOT_CONFIG": "/etc/ragbot"}) == Path("/etc/ragbot")

    def test_the_example_names_only_variables_that_are_read(self) -> None:
        example = (SHIPPED.parent / ".env.example").read_text(encoding="utf-8")
        names = set(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE))
        settings = (SHIPPED.parent / "rag/settings").glob("*.py")
        of_bot = (SHIPPED.parent / "bot/settings.py", SHIPPED.parent / "bot/chats.py")
        sources = "".join(path.read_text(encoding="utf-8") for path in (*settings, *of_bot, SHIPPED / RAG_FILE))
        assert len(names) == 17
        assert all(name in sources for name in names)
