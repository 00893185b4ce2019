"""Integration of a flow under error control."""
