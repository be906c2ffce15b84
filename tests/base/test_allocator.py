"""Memory that a step of a training frees stays in the process for the next one."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """if True:
    import resource
    import numpy as np
    import autograd_lite as ag
    from autograd_lite import nn

    def faults(steps=20):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(steps):
            arrays = [np.ones(200_000) for _ in range(6)]
            del arrays
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    model = nn.Linear(2, 1)
    faults()
    before = faults()
    ag.optim.SGD(model.parameters(), lr=0.1)
    faults()
    print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_an_optimizer_has_freed_memory_stay() -> None:
    """Each step asks for ten megabytes: pages that came back would be asked for anew, one by one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MALLOC_", "GLIBC_"))}
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    before, after = map(int, found.stdout.split())
    assert after < 500
    assert before > 10 * after
