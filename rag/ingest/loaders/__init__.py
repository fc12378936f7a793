"""LOADERS: one file per format."""
