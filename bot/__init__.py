"""The chat bot: what people see, on every platform. Stands on `rag`, never the other way round."""
