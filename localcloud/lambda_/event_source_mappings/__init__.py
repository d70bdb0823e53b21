"""Event source mappings: DynamoDB streams and SQS queues that invoke functions, in batches."""
