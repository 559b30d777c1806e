"""Turn runs of any readable format into run folders of our own: names, content, atomic writing."""
