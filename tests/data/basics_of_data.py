"""Three rows of two numbers, and a call that has to be refused in one line."""

from mistakes import told_in_one_line

X = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


def refused(line, call, *args, **options):
    with told_in_one_line(line):
        call(*args, **options)
