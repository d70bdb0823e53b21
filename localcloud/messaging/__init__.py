"""SQS and SNS: queues whose messages are not lost between threads, and deliveries to queues and topics."""
