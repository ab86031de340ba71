"""Processes that are warm when they start: one imports the course's libraries, and forks itself whenever one is needed.

`client.py` is what the rest of the project uses; the other modules run in the processes that it starts.
"""

from autograder.warm.client import Forked, ForkedKernel, SandboxMissing, Usage, Zygote, ZygoteError

__all__ = ["Forked", "ForkedKernel", "SandboxMissing", "Usage", "Zygote", "ZygoteError"]
