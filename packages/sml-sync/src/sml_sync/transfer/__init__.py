"""Upload and download of run folders."""
