"""The checks of unit 09: Gram matrix, the costs of style transfer, total variation, and one step of the painting.

Each question is in a module of its own kind; how an answer is asked, with tensors or a variable, is in `_style_asking`.
"""

from cnnlib.questions._style_costs import CONTENT_COST, LAYER_STYLE_COST
from cnnlib.questions._style_gram import GRAM_MATRIX
from cnnlib.questions._style_step import TRAIN_STEP
from cnnlib.questions._style_sums import STYLE_COST, TOTAL_COST
from cnnlib.questions._style_variation import TOTAL_VARIATION

QUESTIONS = [GRAM_MATRIX, CONTENT_COST, LAYER_STYLE_COST, STYLE_COST, TOTAL_VARIATION, TOTAL_COST, TRAIN_STEP]
