"""What becomes of a request over time: runs, their outcome and history, drift, the watch, recovery."""
