"""The rules of the application: what counts as a dog, which breed it is, and who comes first, a dog or a face.

Probabilities are (1000,), those of an ImageNet classifier. The application itself is cnnlib.dogs.
"""

import numpy as np

from cnnlib.imagenet import class_names

FIRST_DOG, LAST_DOG = 151, 268  # Chihuahua ... Mexican hairless: 118 classes of ImageNet, one after the other


def is_dog(probabilities):
    """Is the likeliest of the thousand classes a breed of dog?

    Parameters
    ----------
    probabilities : (1000,) array_like

    Returns
    -------
    answer : bool

    Examples
    --------
    >>> p = np.zeros(1000)
    >>> p[207] = 1  # golden retriever
    >>> is_dog(p)
    True

    Source: the classes of ILSVRC 2012; 151 to 268, both included.
    """
    return bool(FIRST_DOG <= np.argmax(probabilities) <= LAST_DOG)


def identify(image, has_face, is_dog, breed_of):
    """Give the three-way answer: a dog, a person, or neither, and the breed that a dog or a person looks like.

    The dog detector is asked first: it is the surer of the two, and a dog's face can look like a face.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    has_face, is_dog : functions of the image that return True or False
    breed_of : function of the image that returns the name of a breed; not asked when there is neither

    Returns
    -------
    answer : (kind, breed)
        ("dog", breed), ("person", breed) or ("neither", None).

    Examples
    --------
    >>> identify(None, has_face=lambda image: True, is_dog=lambda image: False, breed_of=lambda image: "pug")
    ('person', 'pug')
    """
    if is_dog(image):
        return "dog", breed_of(image)
    if has_face(image):
        return "person", breed_of(image)
    return "neither", None


def likeliest_breed(probabilities):
    """Return the name of the likeliest of the 118 breeds, however unlikely it is.

    Examples
    --------
    >>> p = np.zeros(1000)
    >>> p[[285, 254]] = 0.9, 0.1  # Egyptian cat, pug
    >>> likeliest_breed(p)
    'pug'
    """
    dogs = np.asarray(probabilities)[FIRST_DOG : LAST_DOG + 1]
    return class_names()[FIRST_DOG + int(np.argmax(dogs))]
