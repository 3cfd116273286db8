"""Passes over modules, one per file; ``registry`` lists them by name."""
