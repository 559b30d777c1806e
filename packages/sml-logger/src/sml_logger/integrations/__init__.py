"""Loggers and callbacks for training frameworks; each module imports its framework, and only that."""
