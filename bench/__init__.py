"""Measures Causeway beside what people use today, all on one machine, in one run, against one embedded AWS."""
