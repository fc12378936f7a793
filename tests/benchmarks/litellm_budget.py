"""LiteLLM's Router with a budget for its provider, as a process that asks as `tests.scenarios.spending` does.

`python -m tests.benchmarks.litellm_budget URL` prints `ready`, asks once it is given a line, and prints JSON. It needs
the `bench` extra.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from collections.abc import Mapping

from rag.providers.openai import ChatCompletions
from rag.providers.options import ModelOptions
from tests.fakes.embedding_server import KEY
from tests.scenarios.spending import MODEL, Terms, serve

_PROVIDER = "openai"


async def _main() -> None:
    # Otherwise its import asks the network for prices, and waits.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm import Router
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    for name in ("LiteLLM", "LiteLLM Router"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it tells of every refusal
    given, terms = _arguments()
    deployment = {
        "model": f"{_PROVIDER}/{MODEL}",
        "api_base": f"{given.url}/v1",
        "api_key": KEY,
        "input_cost_per_token": float(terms.prices.input) / 1_000_000,
        "output_cost_per_token": float(terms.prices.output) / 1_000_000,
    }
    router = Router(
        [{"model_name": "chat", "litellm_params": deployment}],
        num_retries=0,
        provider_budget_config={_PROVIDER: {"budget_limit": terms.budget_micro_usd / 1_000_000, "time_period": "1d"}},
    )
    budget = router.router_budget_logger
    assert budget is not None
    api = ChatCompletions(ModelOptions(model=MODEL))
    numbers, answered = iter(range(given.questions)), 0

    async def work() -> None:
        nonlocal answered
        for number in numbers:
            request = terms.request(f"litellm-{number}")
            asked = api.payload(request.prompt, max_output_tokens=request.max_output_tokens, streaming=True)
            try:
                chunks = await router.acompletion(**{**asked, "model": "chat"})
                text = "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])
            except Exception:  # noqa: BLE001 - whichever of its errors: nothing was answered
                continue
            answered += bool(text)

    async def answer() -> Mapping[str, object]:
        async with asyncio.TaskGroup() as group:
            for _ in range(given.at_once):
                group.create_task(work())
        await GLOBAL_LOGGING_WORKER.flush()
        await asyncio.sleep(1)  # what it counts by itself in the background
        spent = await budget._get_current_provider_spend(_PROVIDER) or 0.0
        return {"asked": given.questions, "answered": answered, "booked_micro_usd": round(spent * 1_000_000)}

    await serve(answer)


def _arguments() -> tuple[argparse.Namespace, Terms]:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    for option in ("questions", "at-once", "budget-micro-usd"):
        parser.add_argument(f"--{option}", type=int, required=True)
    given = parser.parse_args()
    return given, Terms(budget_micro_usd=given.budget_micro_usd)


if __name__ == "__main__":
    asyncio.run(_main())
