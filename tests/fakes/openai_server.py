"""A local server that speaks OpenAI's chat protocols: Responses, Chat Completions and the list of models.

As a compatible server (`OpenAIServer(strict=False)`) it takes any parameter and the models that a test names.
Forms: type stubs and clients of the package openai 3.54.0.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.fakes.chat_script import Call, Dialect, Refusal
from tests.fakes.chat_server import serve_as_program
from tests.fakes.embedding_server import Reply, openai_error
from tests.fakes.openai_chat import ChatCompletions
from tests.fakes.openai_responses import Responses
from tests.fakes.openai_rules import OpenAIRules


class OpenAIServer(OpenAIRules):
    """`async with OpenAIServer() as server:`; a client's base URL is `server.url + "/v1"`."""

    def __init__(self, port: int = 0, *, strict: bool = True) -> None:
        super().__init__(port, strict=strict)
        self._dialects: Mapping[str, Dialect] = {
            "/v1/responses": Responses(self),
            "/v1/chat/completions": ChatCompletions(self),
        }

    def dialect(self, call: Call) -> Dialect | Reply:
        if dialect := self._dialects.get(call.path):
            return dialect
        if call.path == "/v1/models":
            return self._list_models(call)
        return openai_error(404, "invalid_request_error", None, f"Invalid URL ({call.method} {call.path})")

    def _list_models(self, call: Call) -> Reply:
        try:
            self.check_key(call)
        except Refusal as refusal:
            return refusal.reply
        data = [
            {"id": model, "object": "model", "created": 1_760_000_000, "owned_by": "system", "shutdown_date": day}
            for model, day in self.models.items()
        ]
        return Reply(200, {"object": "list", "data": data})


if __name__ == "__main__":
    serve_as_program(OpenAIServer)
