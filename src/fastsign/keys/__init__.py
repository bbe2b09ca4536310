"""Keys: BIND's key files, facts about keys, signing engines."""
