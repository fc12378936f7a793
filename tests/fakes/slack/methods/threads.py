"""What an assistant tells of its threads, and reactions."""

from __future__ import annotations

from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Channel, Json, Refused

SESSION_STATUSES = frozenset({"processing", "active", "suspended", "closed"})
MOST_LOADING_MESSAGES = 10
MOST_PROMPTS = 4


def set_status(request: Request) -> Json:
    channel, thread = _thread(request)
    loading = request.value("loading_messages", "invalid_arguments") or []
    if not isinstance(loading, list) or len(loading) > MOST_LOADING_MESSAGES:
        raise Refused("invalid_arguments")
    if "status" not in request.arguments:
        raise Refused("invalid_arguments")
    request.app.set_status(channel.id, thread, request.text("status"), request.arguments)
    return {}


def set_title(request: Request) -> Json:
    channel, thread = _thread(request)
    request.app.titles[channel.id, thread] = request.required("title")
    return {}


def set_prompts(request: Request) -> Json:
    channel = request.joined("channel_id")
    prompts = request.value("prompts", "invalid_arguments")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise Refused("invalid_arguments")
    if not all(prompt.get("title") and prompt.get("message") for prompt in prompts):
        raise Refused("invalid_arguments")
    request.app.prompts[channel.id, request.text("thread_ts")] = request.arguments
    return {}


def set_session(request: Request) -> Json:
    channel, thread = _thread(request)
    status = session_status(request, "status")
    app = request.app
    app.set_session(channel.id, thread, status)
    if request.text("title"):
        app.titles.setdefault((channel.id, thread), request.text("title"))
    told: Json = {"agent_status": status}
    if "agent_session_stopped" not in app.subscriptions:
        told["warning"] = "missing_agent_session_stopped_event_subscription"
    return told


def session_status(request: Request, key: str) -> str:
    status = request.text(key)
    if status not in SESSION_STATUSES:
        raise Refused("invalid_arguments")
    return status


def add_reaction(request: Request) -> Json:
    name, reactions = _reaction(request)
    users = reactions.setdefault(name, [])
    if request.app.bot_user in users:
        raise Refused("already_reacted")
    users.append(request.app.bot_user)
    return {}


def remove_reaction(request: Request) -> Json:
    name, reactions = _reaction(request)
    if request.app.bot_user not in reactions.get(name, []):
        raise Refused("no_reaction")
    reactions[name].remove(request.app.bot_user)
    if not reactions[name]:
        del reactions[name]
    return {}


def _thread(request: Request) -> tuple[Channel, str]:
    channel = request.joined("channel_id")
    thread = request.thread(channel)
    if thread is None:
        raise Refused("invalid_thread_ts")
    return channel, thread


def _reaction(request: Request) -> tuple[str, dict[str, list[str]]]:
    name = request.required("name", "invalid_name").strip(":")
    return name, request.message(request.joined(), "timestamp").reactions


ASSISTS = ("assistant:write", "chat:write")
METHODS = {
    "assistant.threads.setStatus": Method(set_status, ASSISTS),
    "assistant.threads.setTitle": Method(set_title, ("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, ("assistant:write",)),
    "agents.sessions.setStatus": Method(set_session, ("chat:write",)),
    "reactions.add": Method(add_reaction, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, ("reactions:write",)),
}
