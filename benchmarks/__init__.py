"""Measurements that take longer than CI allows; README.md beside this file says which and how."""
