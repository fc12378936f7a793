"""Slack: the adapter, and what the app asks of a workspace."""
