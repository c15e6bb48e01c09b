"""Code schemes, production areas, numbering, production area codes and their life, market approvals."""
