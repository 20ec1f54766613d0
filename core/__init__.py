"""Thimble's core: models, acts on them, measurements, export. Imports no Qt."""

import os

__version__ = "0.1.0"

# Threads of torch that wait for each other sleep; an environment that says otherwise is left alone. By default they
# spin: beside any other work, two threads trained the sample three times slower than one, and used five times the
# processor time. OpenMP reads this when torch is loaded, and nothing loads torch before core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
