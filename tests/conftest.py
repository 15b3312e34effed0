"""What every test shares: the same examples in every run, one thread."""

import os

# Before torch is imported anywhere: it reads this once.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# A test that fails here fails everywhere, and a slow machine is not a failure.
settings.register_profile("unrolled", derandomize=True, deadline=None)
settings.load_profile("unrolled")
