"""The same questions and plans as on AWS, answered on saved networks: for the command only."""
