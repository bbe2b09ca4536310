"""fastsign for Python programs: what `import fastsign` offers (docs/python.md), and what the commands call."""
