"""Witnesses: who else is asked whether a flow works, and what they say."""
