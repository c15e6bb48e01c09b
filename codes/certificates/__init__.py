"""Certificates and plates of codes: seals, content, drawing, and the check of files. Writes: codes.services.certificates."""
