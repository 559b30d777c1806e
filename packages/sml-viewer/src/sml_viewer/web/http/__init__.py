"""HTTP of the page: server, requests, responses."""
