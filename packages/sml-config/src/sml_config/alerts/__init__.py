"""Alerts about runs: rules, what they find, and sending it to phones and chats."""
