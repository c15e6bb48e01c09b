"""Wiring only: settings, addresses, which receiver hears which change, which app grants what to which role."""
