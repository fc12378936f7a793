"""What a bot may write: the bodies of messages, and what becomes of them.

Limits: docs.discord.com/developers/resources/message (2026-12).
"""

from __future__ import annotations

from tests.fakes.discord import pings
from tests.fakes.discord.components import check_message_components, numbered
from tests.fakes.discord.errors import Form, Refused, refuse
from tests.fakes.discord.model import COMPONENTS_V2, EPHEMERAL, SUPPRESS_EMBEDS, Attachment, Json, Message
from tests.fakes.discord.world import World

LONGEST = 2000
LONGEST_EMBEDS = 6000
Files = dict[str, tuple[str, bytes]]


def check(body: Json, files: Files, *, flags: int) -> None:
    """Refuse what Discord refuses of a body, before it is anything.

    Raises:
        Refused: With all that is wrong.
    """
    form = Form()
    form.longest("content", _stripped(body.get("content")), LONGEST)
    _check_embeds(form, body.get("embeds") or [])
    v2 = bool(flags & COMPONENTS_V2)
    check_message_components(form, body.get("components") or [], v2=v2)
    for key in ("content", "embeds"):
        if v2 and body.get(key):
            told = f'The "{key}" field cannot be used when using MessageFlags.IS_COMPONENTS_V2'
            form.bad(key, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", told)
    pings.check_allowed(form, body.get("allowed_mentions"))
    for index, told in enumerate(body.get("attachments") or []):
        form.longest(f"attachments.{index}.description", told.get("description"), 1024)
    if len(files) > 10:
        form.bad("files", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    nonce = body.get("nonce")
    form.longest("nonce", None if nonce is None else str(nonce), 25)
    form.check()


def fill(world: World, message: Message, body: Json, files: Files) -> None:
    """Put what was sent into a message, whether it is new or edited.

    Raises:
        Refused: Nothing would be left to see, or it cannot be changed like that.
    """
    content, embeds, components = _filled(message, body)
    attachments = _attachments(world, message, body, files)
    flags = _flags(message, body)
    shown = components if flags & COMPONENTS_V2 else [content, *embeds, *attachments]
    if not any(shown):
        raise Refused(50006)
    if flags & COMPONENTS_V2 and (content or embeds):
        told = "What an older message had must be taken away with the edit"
        refuse("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", told)
    message.content, message.components = content, components
    message.embeds = [] if world.careless else embeds
    message.attachments, message.flags = attachments, flags
    for file in attachments:
        world.files[file.id] = file


def _filled(message: Message, body: Json) -> tuple[str, list[Json], list[Json]]:
    content = _stripped(body["content"]) or "" if "content" in body else message.content
    embeds = [_embed(told) for told in body["embeds"] or []] if "embeds" in body else message.embeds
    components = numbered(body["components"] or []) if "components" in body else message.components
    return content, [embed for embed in embeds if embed], components


def _flags(message: Message, body: Json) -> int:
    """Only some flags are anybody's to set, and the one for components is not anybody's to take away."""
    settable = SUPPRESS_EMBEDS | COMPONENTS_V2 | 1 << 12
    given = body.get("flags")
    if given is None:
        return message.flags
    if message.flags & COMPONENTS_V2:
        given |= COMPONENTS_V2
    return message.flags & ~settable | given & settable


def _attachments(world: World, message: Message, body: Json, files: Files) -> list[Attachment]:
    """Those that stay, and those that come; without a list all stay."""
    told = body.get("attachments")
    described = {str(one.get("id")): one for one in told or []}
    kept = [file for file in message.attachments if told is None or file.id in described]
    for field, (filename, content) in files.items():
        one = described.get(field.removeprefix("files[").removesuffix("]"), {})
        kept.append(world.file(one.get("filename") or filename, content, one.get("description")))
    return kept


def _check_embeds(form: Form, embeds: list[Json]) -> None:
    form.most("embeds", embeds, 10)
    total = 0
    for index, embed in enumerate(embeds):
        path = f"embeds.{index}"
        parts = {"title": (embed.get("title"), 256), "description": (embed.get("description"), 4096)}
        parts["footer.text"] = ((embed.get("footer") or {}).get("text"), 2048)
        parts["author.name"] = ((embed.get("author") or {}).get("name"), 256)
        fields = embed.get("fields") or []
        form.most(f"{path}.fields", fields, 25)
        for number, field in enumerate(fields):
            for key, most in (("name", 256), ("value", 1024)):
                form.longest(f"{path}.fields.{number}.{key}", _stripped(field.get(key)), most, least=1)
                total += len(_stripped(field.get(key)) or "")
        for key, (told, most) in parts.items():
            form.longest(f"{path}.{key}", _stripped(told), most)
            total += len(_stripped(told) or "")
        _check_url(form, f"{path}.url", embed.get("url"))
    if total > LONGEST_EMBEDS:
        told = f"Embed size exceeds maximum size of {LONGEST_EMBEDS}"
        form.bad("embeds", "MAX_EMBED_SIZE_EXCEEDED", told)


def _check_url(form: Form, path: str, url: object) -> None:
    if url and not str(url).startswith(("http://", "https://")):
        told = f"Scheme \"{str(url).partition(':')[0]}\" is not one of ('http', 'https')."
        form.bad(path, "URL_TYPE_INVALID_SCHEME", told)


def _embed(embed: Json) -> Json:
    """As it is kept: trimmed, and of the kind that bots make."""
    told = {key: _stripped(value) for key, value in embed.items() if value not in (None, "", [], {})}
    told.pop("type", None)
    told.pop("flags", None)
    return {"type": "rich", **told} if told else {}


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def wants_ephemeral(body: Json) -> bool:
    return bool((body.get("flags") or 0) & EPHEMERAL)
