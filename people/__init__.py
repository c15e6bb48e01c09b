"""Private persons (growers too), their consents and encrypted numbers."""
