"""Who may ask for what: whether a person has to agree, and what came of the question."""
