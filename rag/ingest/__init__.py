"""Documents in: loaders, chunks, synchronisation."""
