"""What is deployed on the embedded AWS: hub, members and lab, by the real SAM CLI."""
