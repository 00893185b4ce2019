"""Integration of a flow under error control, its field on the device.

Steps, stages and errors are the host's: what costs is f, for which y goes to the device and dL
comes back, one trip an evaluation.
"""
