"""What is reported of runs and flows: measured along them, and as text."""
