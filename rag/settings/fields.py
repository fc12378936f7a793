"""The kinds of values in a configuration file: each says in people's words what it expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SecretStr,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from rag.settings.document import KeyPath

_MICRO = Decimal("0.000001")
_MAX_USD = 1_000_000_000


class Section(BaseModel):
    """A group of keys: frozen, and no key beyond the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _all_defaults_where_nothing_is_written(cls, value: object) -> object:
        # `routing:` with everything below it commented out is null in YAML.
        return {} if value is None else value

    def misfits(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that are fine by themselves and wrong beside the rest of the file: where, and what was expected."""
        yield from ()


def expected(phrase: str) -> PydanticCustomError:
    """The error of a value that is not what stands after "expected …"."""
    return PydanticCustomError("expected", "expected {phrase}", {"phrase": phrase})


def refused(sentence: str) -> PydanticCustomError:
    """The error of a value that is fine by itself and wrong beside the others; `sentence` says it all."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


@dataclass(frozen=True, slots=True)
class Expected:
    """Annotates a type with what people are told when a value does not fit it.

    Attributes:
        phrase: Continues "expected …".
        secret: What stood there instead must not be quoted.
    """

    phrase: str
    secret: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self.wrap(handler(source))

    def wrap(self, schema: CoreSchema) -> CoreSchema:
        """The same schema, with this as its only error."""
        return core_schema.custom_error_schema(
            schema,
            custom_error_type="expected",
            custom_error_message="expected {phrase}",
            custom_error_context={"phrase": self.phrase, "secret": self.secret},
        )


@dataclass(frozen=True, slots=True)
class Between:
    """Annotates a number with its bounds, both included, and what it counts."""

    low: float
    high: float
    unit: str

    @property
    def phrase(self) -> str:
        """Continues "expected …"."""
        return f"a number of {self.unit} from {self.low} to {self.high}"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.no_info_after_validator_function(self._bounded, handler(source))
        return Expected(self.phrase).wrap(bounded)

    def _bounded(self, value: float) -> float:
        if not self.low <= value <= self.high:
            raise ValueError  # the sentence is the wrapper's
        return value


def micro_usd(value: object) -> int:
    """US dollars, as they are written, in millionths of one.

    Raises:
        PydanticCustomError: That is no amount of money.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise expected("a number of US dollars, such as 25.00") from None
    if not amount.is_finite() or not 0 <= amount <= _MAX_USD:
        raise expected(f"a number of US dollars from 0 to {_MAX_USD}, such as 25.00")
    if amount != amount.quantize(_MICRO):
        raise expected("a number of US dollars with at most 6 decimals, such as 0.000001")
    return int(amount / _MICRO)


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    # Reading the port checks it: like urlsplit itself, it raises ValueError for nonsense.
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError
    return text.rstrip("/")


def _none_if_blank(value: object) -> object:
    return value or None


Text = Annotated[str, Field(min_length=1), Expected("some text")]
Flag = Annotated[bool, Expected("true or false")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$"), Expected("an e-mail address, such as admin@example.com")]
Share = Annotated[Decimal, Field(ge=0, le=1), Expected("a share from 0 to 1, such as 0.80")]
MicroUsd = Annotated[int, BeforeValidator(micro_usd)]
"""Written in US dollars, held in millionths of one; the digits never pass through a float."""
PriceUsd = Annotated[Decimal, Field(ge=0, le=10_000), Expected("US dollars per million tokens, such as 0.02, or 0")]
Day = Annotated[date, BeforeValidator(_day), Expected("a day, such as 2027-01-14")]
Secret = Annotated[SecretStr, Expected("a key, as text", secret=True)]
OptionalSecret = Annotated[Secret | None, BeforeValidator(_none_if_blank)]
Url = Annotated[
    str,
    AfterValidator(_http_url),
    Expected("an http:// or https:// address without a password in it", secret=True),
]
