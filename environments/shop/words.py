"""The words of the shop: what its items are called, the same in every world."""

from collections.abc import Mapping

NOUNS: Mapping[str, tuple[str, ...]] = {
    "kitchen": ("kettle", "skillet", "teapot", "colander", "whisk"),
    "garden": ("trowel", "planter", "hose", "rake", "birdbath"),
    "bathroom": ("basin", "towel", "mirror", "loofah", "bathmat"),
    "bedroom": ("pillow", "blanket", "mattress", "quilt", "nightstand"),
    "office": ("notebook", "stapler", "lamp", "binder", "pencil"),
    "workshop": ("hammer", "chisel", "drill", "clamp", "handsaw"),
    "sport": ("racket", "dumbbell", "football", "helmet", "skateboard"),
    "travel": ("suitcase", "backpack", "tent", "compass", "flask"),
    "music": ("guitar", "ukulele", "drum", "flute", "metronome"),
    "nursery": ("crib", "rattle", "pram", "bib", "highchair"),
}
"""Nouns of each category."""
STYLES = ("classic", "modern", "rustic", "playful")
"""Every noun comes in all of them."""
MAKERS: Mapping[str, tuple[str, ...]] = {
    "kitchen": ("Alder", "Bramble", "Cedar"),
    "garden": ("Dahlia", "Elder", "Fern"),
    "bathroom": ("Gale", "Harbour", "Inlet"),
    "bedroom": ("Juniper", "Kestrel", "Larch"),
    "office": ("Marlow", "Norwood", "Orrin"),
    "workshop": ("Peat", "Quarry", "Ridge"),
    "sport": ("Sable", "Talon", "Umber"),
    "travel": ("Vale", "Wander", "Yonder"),
    "music": ("Aria", "Ballad", "Canon"),
    "nursery": ("Dimple", "Echo", "Frolic"),
}
"""Who makes the things of a category; each makes every noun of it in every style."""
