"""The checks of each unit, one module a unit with a list `QUESTIONS`: what `cnnlib.check.check` knows."""
