"""Passwords are hashed by Argon2 as in the service, but with little memory: 100 MB for each would be most of a test."""

from django.contrib.auth.hashers import Argon2PasswordHasher


def pytest_configure() -> None:
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 8 * Argon2PasswordHasher.parallelism  # kB; the least that Argon2 takes
