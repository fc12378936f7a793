"""Names and words that both languages use."""

from __future__ import annotations

from collections.abc import Mapping

BOTH: Mapping[str, str] = {
    "-": """
        canal do slack, chat, discord server, haha, hello, hey, hi, hm, hmm, in slack, info, kkk, kkkk, lol, no
        discord, no slack, oi, on discord, on slack, ragbot s, ranking, rs, rsrs
    """,
    "self": "bot, chatbot, rag bot, ragbot",
    "own": "ai, embedding, embeddings, gen ai, genai, ia, inference, rag",
    "thing": "prompt, prompts",
    "api": "api, apis",
    "money": "$, us, usd, 💰, 💵, 🤑",
    "budget": "budget, budget cap, budgets",
    "limit": "rate limit, rate limits, ratelimit",
    "state": "down, offline, online, status, up",
    "state_weak": "ok, okay",
    "everything": "workspace",
    "vendor": """
        anthropic, anthropic s, azure openai, bedrock, cerebras, cohere, deepseek, fireworks, gemini, gemini s,
        google ai, google ia, google s gemini, groq, groq s, hugging face, huggingface, mistral, mistral s,
        nvidia, ollama, open ai, openai, openai s, openrouter, openrouter s, perplexity, together, together ai,
        voyage, xai
    """,
    "model_name": """
        chatgpt, claude, claude s, command r, flash, gpt, gpt 4o, gpt s, gpt4, gpt4o, gpt5, grok, haiku, kimi,
        llama, mixtral, nova, o1, o3, opus, phi, qwen, sonnet
    """,
    "total": "subtotal, total, totals",
    "token thing": "tok, token, tokens, toks",
    "cost spend": "burn, burn rate, 💸",
    "own dim_model": "llm, llms",
    "dim_channel": "slack channel, slack channels",
    # What `bot.intent.mentions` writes for a person and a channel that are mentioned.
    "mine": "0user",
    "channel": "0channel",
}
