"""The recording run: from a call of a function to a Program."""
