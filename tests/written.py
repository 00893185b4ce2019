"""What users write: an experiment file that is right."""

GOOD = """
[data]
name = "digits"
limit = 100
[network]
sizes = [64, 8, 10]
[loss]
kind = "cross-entropy"
[mechanics]
kind = "aristotle"
step = 0.3
[run]
steps = 12
batch_size = 32
"""
