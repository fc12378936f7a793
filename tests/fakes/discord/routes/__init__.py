"""All routes of the API that a bot may ask for."""

from __future__ import annotations

from tests.fakes.discord.routes import answers, messages, places, registering
from tests.fakes.discord.routes.route import Ask, Route

ROUTES = [*messages.ROUTES, *places.ROUTES, *registering.ROUTES, *answers.ROUTES]

__all__ = ["ROUTES", "Ask", "Route"]
