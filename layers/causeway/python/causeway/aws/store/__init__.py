"""The two tables: requests, and the ledger by concern."""
