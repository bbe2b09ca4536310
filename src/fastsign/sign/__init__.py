"""Sign one zone, once."""
