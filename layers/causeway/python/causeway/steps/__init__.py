"""The use cases, one for each function and with its name: gather, decide, act."""
