"""The data sets of the tutorials: arrays in memory, labelled with their origin."""
