"""What the process imports that workers are forked from. To look for garbage would take a tenth of that time, and find none."""

import gc

gc.disable()

import autograder.examination  # noqa: E402
import autograder.worker  # noqa: E402, F401

gc.freeze()
gc.enable()
