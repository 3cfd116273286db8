"""Shared by all tests. That this file is here puts ``cases``, ``samples`` and ``references`` on the import path."""
