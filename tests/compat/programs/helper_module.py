"""A module next to a script."""

DOUBLED = 2
