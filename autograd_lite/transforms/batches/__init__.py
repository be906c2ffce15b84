"""`vmap`: an array of many examples, how operations are carried out on it, and the transform that makes it."""
