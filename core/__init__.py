"""Kernel without domain words: errors, API base, workflow table, changes, permissions, fields, static files."""
