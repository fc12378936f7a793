"""Who there is: the bot itself, people and their groups; and the way into Socket Mode."""

from __future__ import annotations

from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Json, Refused, User


def auth_test(request: Request) -> Json:
    app = request.app
    return {
        "url": "https://home.slack.test/",
        "team": app.team_domain,
        "user": "ragbot",
        "team_id": app.team,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(request: Request) -> Json:
    app = request.app
    address = app.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={app.sockets.ticket()}&app_id={app.app_id}"}


def user_info(request: Request) -> Json:
    user = request.user()
    told = _user_json(request, user)
    if request.flag("include_locale"):
        told["locale"] = user.locale
    return {"user": told}


def list_groups(request: Request) -> Json:
    groups = request.app.groups.items()
    told = [{"id": group, "handle": handle, "name": handle, "users": users} for group, (handle, users) in groups]
    if not request.flag("include_users"):
        told = [{key: value for key, value in group.items() if key != "users"} for group in told]
    return {"usergroups": told}


def list_group_users(request: Request) -> Json:
    group = request.text("usergroup")
    if group not in request.app.groups:
        raise Refused("no_such_subteam")
    return {"users": request.app.groups[group][1]}


def _user_json(request: Request, user: User) -> Json:
    stranger = user.team != request.app.team
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name.lower(),
        "deleted": user.deleted,
        "real_name": user.name,
        "tz": user.tz,
        "profile": {"display_name": user.name, "real_name": user.name, "team": user.team},
        "is_admin": False,
        "is_owner": False,
        "is_restricted": bool(user.guest),
        "is_ultra_restricted": user.guest == "single",
        "is_bot": user.is_bot,
        "is_app_user": False,
        **({"is_stranger": True} if stranger else {}),
    }


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, app_token=True),
    "users.info": Method(user_info, ("users:read",), reads=True),
    "usergroups.list": Method(list_groups, ("usergroups:read",), reads=True),
    "usergroups.users.list": Method(list_group_users, ("usergroups:read",), reads=True),
}
