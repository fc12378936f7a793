"""The terminal as a full platform."""
