"""What a launcher keeps below `.sml-launch/`: claims, results, deals, and what they add up to."""
