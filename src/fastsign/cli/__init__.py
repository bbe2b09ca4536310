"""Command lines: parsing arguments and printing, nothing else."""
