"""From a request and two snapshots to a plan, to what undoes it, and to everything that stands in its way."""
