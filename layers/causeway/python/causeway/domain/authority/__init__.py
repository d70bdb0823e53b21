"""Authority: whether a person has to approve a plan, and what came of the question."""
