"""COMMANDS: everything that can be asked of the bot besides a question; one file per command."""
