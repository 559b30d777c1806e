"""Images, videos, sounds, texts, tables and histograms of a run, in its folder `media/`."""
