"""Catalogue of layers and exports."""
