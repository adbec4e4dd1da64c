"""What the tutorials read: arrays in memory, labelled with where they came from."""
