"""Crop, Variety and their code lists."""
