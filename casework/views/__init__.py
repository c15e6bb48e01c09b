"""Pages of requests: the cooperative's, the desk, the receipt."""
