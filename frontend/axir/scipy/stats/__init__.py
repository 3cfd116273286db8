"""Probability distributions, a module for each."""

from axir.scipy.stats import norm

__all__ = ["norm"]
