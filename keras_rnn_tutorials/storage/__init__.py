"""Files that survive: written whole, locked, sealed with a digest. Knows nothing of runs."""
