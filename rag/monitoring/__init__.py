"""What the books say of a stretch of time, where it leads, and what would be better: figures, never sentences."""
