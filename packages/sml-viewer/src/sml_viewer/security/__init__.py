"""Secrets in run folders, found and masked.

Imports readers and the tools at the root.
"""
