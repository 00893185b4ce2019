"""What is told of runs and flows: measured along them, and as text."""
