"""A Program as text: NumPy, mathematics, reports, pictures."""
