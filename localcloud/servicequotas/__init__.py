"""Service Quotas: the VPC quotas of each account and region, as they are enforced."""
