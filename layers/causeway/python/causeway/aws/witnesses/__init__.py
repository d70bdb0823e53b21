"""How each witness is asked and heard."""
