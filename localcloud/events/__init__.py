"""EventBridge and CloudTrail: targets, schedules, and the events of EC2 calls."""
