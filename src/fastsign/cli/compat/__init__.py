"""One file for each BIND tool, in BIND's wording."""
