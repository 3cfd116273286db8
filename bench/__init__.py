"""Measurements of axir, against JAX where it is installed. Nothing here is a test."""
