"""The command `causeway`: requests put, watched, previewed, decided and told, for people and for scripts."""
