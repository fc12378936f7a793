"""PLATFORMS: the adapters; each only translates."""
