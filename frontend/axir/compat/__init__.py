"""Layers under which programs written for other libraries run on axir."""
