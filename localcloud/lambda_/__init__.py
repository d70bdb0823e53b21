"""Lambda with its real runtime: functions, event sources, function URLs, destinations."""
