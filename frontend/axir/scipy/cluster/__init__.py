"""Clusters of points."""

from axir.scipy.cluster import vq

__all__ = ["vq"]
