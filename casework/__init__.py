"""Requests for codes, eligibility, inspections, the officers' desk."""
