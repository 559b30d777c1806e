"""Alerts that a run sends about itself; the rules and the services are in `sml_config.alerts`."""
