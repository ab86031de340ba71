"""Hidden tests outside the student's process: a test cell runs in a trusted process and calls the student's functions there.

`values` says what may cross between the two processes, `models` how a Keras model does, `exchange` how the two call each
other's functions. `answers` is what runs inside the student's process, with `forbidden`; `checker` is what runs the tests,
with their namespace from `names` and what is left of IPython in `shell`.
"""
