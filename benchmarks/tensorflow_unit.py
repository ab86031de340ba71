# %% [markdown]
# # TensorFlow

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import tensorflow as tf

# %% nbgrader={"grade": false, "grade_id": "weighted_sum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_sum(x, weights):
    ### BEGIN SOLUTION
    return tf.reduce_sum(tf.constant(x) * tf.constant(weights))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_weighted_sum", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert np.isclose(weighted_sum([1.0, 2.0], [3.0, 4.0]), 11), "wrong sum of two numbers"
### BEGIN HIDDEN TESTS
assert np.isclose(weighted_sum([1.0, -2.0, 0.5], [3.0, 4.0, 2.0]), -4), "wrong sum of three numbers"
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "slope", "locked": false, "schema_version": 3, "solution": true, "task": false}
def slope(x):
    ### BEGIN SOLUTION
    x = tf.Variable(float(x))
    with tf.GradientTape() as tape:
        y = x**3
    return float(tape.gradient(y, x))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_slope", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert np.isclose(slope(2), 12), "wrong slope at 2"
### BEGIN HIDDEN TESTS
assert np.isclose(slope(-1), 3), "wrong slope at -1"
### END HIDDEN TESTS

# %%
print(weighted_sum([1.0], [1.0]))
