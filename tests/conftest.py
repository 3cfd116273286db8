"""Puts the helpers of the tests (``cases``, ``samples``, ``references``) on the import path: being here is enough."""
