"""Builds the course from its master texts, grades submissions and reports on them: the `autograder` command."""

import sys

# Where this package is installed, jsonschema compiles a grammar of web addresses when it is imported, and every process of
# a run would spend a second on that. Nothing here checks such addresses; without the package jsonschema does not either.
sys.modules.setdefault("rfc3987_syntax", None)
