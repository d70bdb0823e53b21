"""The HTTP endpoint in front of moto, and what every service of the embedded AWS is built from."""
