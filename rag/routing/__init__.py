"""Which model answers: tasks, catalogue, prices, health, and the router over all of them."""
