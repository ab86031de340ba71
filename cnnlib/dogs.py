"""Is it a dog, a person, or neither? After this room you have put three trained parts together into one application.

A face detector (cnnlib.faces), a dog detector and a breed recogniser (two questions to the same ImageNet network) answer for
any image file: `python -m cnnlib.dogs FILE ...`. Photographs are (H, W, 3) uint8, probabilities (1000,). The network needs
the optional extra `weights`.
"""

import sys
from typing import NamedTuple

import numpy as np

from cnnlib.dog_or_face import identify, is_dog, likeliest_breed
from cnnlib.faces import has_face
from cnnlib.imagenet import class_names, imagenet_probabilities
from cnnlib.images import read_photograph


class Answer(NamedTuple):
    """What the application says about a file: "dog", "person", "neither" or "unreadable", and a sentence for people."""

    kind: str
    sentence: str


def answer_image(image, *, source="package"):
    """Answer for one photograph: all parts of the application put together.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    source : "package" or "keras"
        As in cnnlib.imagenet.imagenet_network.

    Returns
    -------
    answer : Answer (kind, sentence)
    """
    probabilities = imagenet_probabilities([image], source=source)[0]  # once: two of the parts ask it
    kind, breed = identify(image, has_face, lambda _: is_dog(probabilities), lambda _: likeliest_breed(probabilities))
    if kind == "dog":
        return Answer(kind, f"a dog. It looks like this breed: {breed}.")
    if kind == "person":
        return Answer(kind, f"a person. The dog that comes closest, by far or not: {breed}.")
    best = int(np.argmax(probabilities))
    sure = f"{probabilities[best]:.0%}".replace("%", " %")
    return Answer(kind, f"neither a dog nor a face. To the network it is most like: {class_names()[best]} ({sure}).")


def answer_file(path, *, source="package"):
    """Answer for an image file, whatever it is: also a file that is no image gets an answer, not a traceback.

    Parameters
    ----------
    path : path
        Of a file in any format that Pillow reads: JPEG, PNG, WebP, GIF ...

    Returns
    -------
    answer : Answer (kind, sentence); its kind is "unreadable" when the file cannot be read as an image

    Raises
    ------
    ImportError
        When the extra `weights` is not installed.
    """
    try:
        image = read_photograph(path)
    except ValueError as fault:
        return Answer("unreadable", str(fault))
    return answer_image(image, source=source)


def main(arguments):
    """Answer for each file of the command line; the exit status is 1 when one could not be read."""
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print("usage: python -m cnnlib.dogs FILE ...\n\nSays of each image file whether it shows a dog, a person or neither.")
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        answers = [answer_file(path) for path in arguments]
    except ImportError as fault:
        print(fault, file=sys.stderr)
        return 1
    for path, answer in zip(arguments, answers, strict=True):
        print(f"{path}: {answer.sentence}")
    return int(any(answer.kind == "unreadable" for answer in answers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
