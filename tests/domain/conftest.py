"""How Hypothesis runs here: a busy machine is no reason to fail, so that no example has a deadline."""

from hypothesis import settings

settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
