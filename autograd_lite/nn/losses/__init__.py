"""Losses as layers: one number for how far a prediction is from the truth."""
