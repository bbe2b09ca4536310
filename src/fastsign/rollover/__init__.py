"""What happens next to a key: states, rules, one step, the future. Pure functions over frozen dataclasses."""
