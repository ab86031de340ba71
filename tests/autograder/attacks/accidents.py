"""All accidents, by family."""

from tests.autograder.attacks.accident import Accident
from tests.autograder.attacks.accidents_cells import DELETED, DUPLICATED, EDITED, MERGED, REORDERED, RETYPED, SPLIT
from tests.autograder.attacks.accidents_editors import EDITORS, KERNELS
from tests.autograder.attacks.accidents_formats import FORMATS
from tests.autograder.attacks.accidents_names import NAMES
from tests.autograder.attacks.accidents_several import SEVERAL
from tests.autograder.attacks.accidents_written import WRITTEN

FAMILIES: dict[str, list[Accident]] = {
    "Cells duplicated": DUPLICATED, "Cells deleted": DELETED, "Cells split": SPLIT, "Cells merged": MERGED,
    "Cells retyped": RETYPED, "Cells reordered": REORDERED, "Cells edited": EDITED, "Ids and formats": FORMATS,
    "The file itself": WRITTEN, "Names and other files": NAMES, "Editors": EDITORS, "Kernels, magics and code": KERNELS,
    "Several at once": SEVERAL}
ACCIDENTS = [accident for family in FAMILIES.values() for accident in family]
