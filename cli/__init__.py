"""The command `causeway`: requests put, watched, previewed, decided and explained, for people and for scripts."""
