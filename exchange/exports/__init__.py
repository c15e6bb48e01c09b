"""Layers as files: `streams` (text that PostgreSQL writes, sent as it comes)."""
