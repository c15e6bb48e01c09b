"""Who signs in: User, OfficerPost, roles, tokens."""
