"""Factories of test rows, one module per app; `tests/conftest.py` lists them.

Write each as a plain function `make_<noun>(**fields)` and hand it out by a fixture `<noun>_factory`.
"""
