"""TensorFlow 1's recurrent networks today: old scripts run, checkpoints load."""
