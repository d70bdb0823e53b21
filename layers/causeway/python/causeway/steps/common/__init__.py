"""What several steps share. Not a use case in itself."""
