"""The core: documents in, cited answers out. Knows nothing of platforms."""
