"""The sentences of the bot itself, in every language it speaks."""
