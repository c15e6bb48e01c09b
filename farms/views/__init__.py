"""Pages of farms."""
