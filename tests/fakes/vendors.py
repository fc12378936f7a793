"""The three vendors together, behind whoever has them."""

from __future__ import annotations

from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.chat_faults import Fault
from tests.fakes.chat_server import ChatServer
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer


class Vendors:
    """Mixed into whatever has one server of each."""

    openai: OpenAIServer
    gemini: GeminiServer
    anthropic: AnthropicServer

    @property
    def servers(self) -> tuple[ChatServer, ...]:
        """In the order of the route for facts."""
        return (self.openai, self.gemini, self.anthropic)

    @property
    def calls(self) -> int:
        """Requests that all vendors have received."""
        return sum(len(server.calls) for server in self.servers)

    def break_all(self, fault: Fault | None) -> None:
        """From now on every vendor has this fault; none at all with `None`."""
        for server in self.servers:
            server.always = fault
