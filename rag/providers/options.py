"""What a vendor's file is told by the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for a provider, in seconds.

    Attributes:
        connect_s: For a connection, encryption included.
        first_token_s: From the request to the first text that a reader sees; for a model that thinks before it speaks,
            its thinking included.
        between_tokens_s: After the first text, for each next one; signs of thinking count as one, pings do not.
        total_s: For the whole answer; all there is where it does not come bit by bit.
    """

    connect_s: float = 5.0
    first_token_s: float = 30.0
    between_tokens_s: float = 20.0
    total_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """A provider as configured: where it is and how to get in.

    Attributes:
        provider: Its name in the configuration.
        kind: A key of `PROVIDERS`.
        base_url: Without a slash at its end.
        api_keys: Used in turn; none where the server asks for none.
        headers: Sent with every request, over the vendor's own of the same name; they may carry secrets too.
        streaming: Whether answers are asked for bit by bit; not every compatible server can.
    """

    provider: str
    kind: str
    base_url: str
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    streaming: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """A model as configured.

    Attributes:
        model: The vendor's name for it.
        effort: How hard a thinking model shall think, in the vendor's word; `None` where it is not to be told.
        api_version: Where the vendor has versions and another than the usual one is wanted.
    """

    model: str
    effort: str | None = None
    api_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderOptions:
    """An embedder as configured.

    Attributes:
        provider: The provider's name in the configuration.
        dimensions: Length of the vectors to make.
        native_dimensions: Length that the model makes unasked; a request names a length only when another is wanted,
            because servers whose model cannot be cut refuse to be asked. `None`: unknown, always asked.
        base_url: Without a slash at its end.
        api_keys: Used in turn; none where the server asks for none.
        headers: Sent with every request, over the vendor's own of the same name; they may carry secrets too.
        timeout_s: For one attempt; all there is for a question, because a person waits for it.
        deadline_s: For all attempts of one request while documents are embedded, pauses included.
        max_input_tokens: What the model reads of one text; the rest is cut off.
        batch_size: Texts in one request at most; the vendor's own limit holds as well.
    """

    provider: str
    model: str
    dimensions: int
    base_url: str
    price_per_mtok_usd: Decimal
    native_dimensions: int | None = None
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 20.0
    deadline_s: float = 120.0
    max_input_tokens: int = 8_191
    batch_size: int = 256
