"""Cooperative, Membership, Grower, Certificate."""
