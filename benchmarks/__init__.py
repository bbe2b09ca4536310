"""How fast is it, and compared with whom: zones by seed, stages, whole runs."""
