"""What everything else is said in: values, addresses, what was observed, and the request. No rules about packets, no plans."""
