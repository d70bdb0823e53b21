"""IAM: who a caller is, what it needs to be allowed, and whether its policies allow it."""
