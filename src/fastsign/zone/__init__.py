"""A zone as flat columns: loading, ordering, writing."""
