"""The index and the search in it; the only room that imports lancedb."""
