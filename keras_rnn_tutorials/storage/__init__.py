"""Safe files: written completely, locked, sealed with a digest. Independent of runs."""
