"""Texts of loops and branches: `scan`, `while_loop`, `cond`."""

from __future__ import annotations

LOOP_PAIR = (
    "{function} of scan() returned a {given}, and not the next carry and what the step leaves. "
    "Write return carry, y; or return carry, None where it leaves nothing"
)
LOOP_STRUCTURE = (
    "{function} of scan() returned {what} built differently than {before}. "
    "Write the same containers with the same keys at each step"
)
LOOP_KIND = (
    "{function} of scan() returned for {path} {given}, where {expected} is expected: it has to stay the same at each "
    "step. Write init as it is after the first step, as np.zeros(shape, dtype), or y.astype(dtype) in {function}"
)
LOOP_ELEMENTS = (
    "scan() goes through the first axis of {place}, which is {given} and has none. "
    "Write an array with an element for each step, and into init what all steps share"
)
LOOP_LENGTH = "scan() is not told how many steps to take. Write length=n, or xs with n elements"
LOOP_LENGTHS = "scan() is given different lengths: {first} says {n}, {second} has {m}. Write xs with {n} elements"
LOOP_NEGATIVE = "scan() is given length={n}. Write length=0 for no step"
LOOP_AGAIN = (
    "step {step} of a loop, evaluated again on the way back, came to other results than the first time, by random "
    "numbers of a generator of its own, or a parameter changed in between. Write random numbers as elements, "
    "xs=rng.standard_normal((n, 3)), or with ag.manual_seed() and no rng=; and change parameters after backward()"
)
LOOP_LEFT = (
    "a value that a step of a loop has computed was kept elsewhere, where its derivative cannot follow. "
    "Write return carry, y, which gives the values of all steps as an array"
)
LOOP_WRITE = (
    "a step of {function} gives {what} a new value, but it is from outside, and steps are evaluated more than once. "
    "Write it into the carry, return carry, and t.assign(carry) after the loop"
)
LOOP_UNBOUNDED = (
    "the reverse mode through while_loop() needs a bound, since it keeps the carry of each step. "
    "Write max_steps=n, or ag.jvp for the forward mode"
)
LOOP_ENDLESS = (
    "while_loop() has taken max_steps={most} steps, and the condition still holds. "
    "Write a larger max_steps, or a condition that ends"
)
LOOP_COMPILED = (
    "while_loop() in a compiled function needs a bound: the program takes all steps there may be. Write max_steps=n"
)
LOOP_CONDITION = (
    "the condition of {transform}() is {given}, and not one truth value. Write np.any(c) or np.all(c)"
)
BRANCHES = (
    "the branches of cond() return {what}. Write both with the same structure, shapes and dtypes, as np.zeros_like(x) "
    "in the place of 0"
)
