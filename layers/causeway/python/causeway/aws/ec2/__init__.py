"""Reading and changing VPCs with the EC2 API."""
