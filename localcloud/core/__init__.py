"""What every room stands on: replacing moto's methods, time, and work in the background."""
