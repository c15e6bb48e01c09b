"""Certificates and plates of codes: seals, content, drawing, check of files. Writes: codes.services.certificates."""
