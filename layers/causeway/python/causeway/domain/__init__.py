"""Every rule of Causeway, as pure functions on frozen values: no boto3, no clock, no environment."""
