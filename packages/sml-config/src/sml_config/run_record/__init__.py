"""What a run writes about itself: parameters, settings, provenance."""
