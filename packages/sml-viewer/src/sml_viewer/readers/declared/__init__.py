"""Readers that users declare in a file: tables by a glob, text logs by regular expressions."""
