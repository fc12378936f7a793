"""PROVIDERS and EMBEDDERS: who writes answers and makes vectors; one file per vendor."""
