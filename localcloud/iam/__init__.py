"""IAM: roles, whom they trust, and what policies allow."""
