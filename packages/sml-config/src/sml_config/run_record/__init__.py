"""The record of a run: parameters, settings, provenance."""
