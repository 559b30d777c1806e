"""Access control: sessions, logins, checks of every request."""
