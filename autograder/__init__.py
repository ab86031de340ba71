"""Builds the course from its master texts, grades submissions and reports on them: the `autograder` command."""
