"""What may be used and spent: quotas, reservations that hold them, and the ledger of what was spent."""
