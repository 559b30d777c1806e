"""Who may ask the page, and for what: sessions, logins, checks of every request."""
