"""The words of short lines: what each topic has of its own, and what all lines share; no word has two places."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What lines are about."""

    name: str
    """As a prompt says it."""
    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]


def _topic(name: str, nouns: str, adjectives: str, verbs: str) -> Topic:
    return Topic(name, tuple(nouns.split()), tuple(adjectives.split()), tuple(verbs.split()))


TOPICS = (
    _topic(
        "the sea", "wave harbour gull sailor tide anchor shore ship lantern island",
        "salty deep restless blue", "drifts sails sinks floats",
    ),
    _topic(
        "the forest", "oak fox moss owl hollow stream fern deer trail pine",
        "tangled green shady wild", "rustles hunts roots prowls",
    ),
    _topic(
        "the city", "street tower tram crowd bridge window market taxi square station",
        "crowded noisy neon grey", "hurries honks glitters crosses",
    ),
    _topic(
        "the kitchen", "kettle bread spoon oven table soup cook plate pepper butter",
        "fragrant sweet hot buttery", "simmers bakes bubbles stirs",
    ),
    _topic(
        "winter", "snow frost sledge icicle scarf stove chimney blizzard mitten raven",
        "frozen white bitter icy", "freezes thaws shivers glides",
    ),
    _topic(
        "the night", "moon star shadow dream candle bat comet pillow clock silence",
        "dark sleepless starry late", "dreams fades glows whispers",
    ),
    _topic(
        "the garden", "rose bee hedge gate seed gardener petal apple bench robin",
        "blooming muddy ripe sunny", "blossoms grows climbs hums",
    ),
    _topic(
        "music", "drum violin song choir piano singer melody trumpet stage chord",
        "loud tender golden rhythmic", "sings echoes plays swells",
    ),
)  # fmt: skip
ADJECTIVES = ("old", "small", "bright", "quiet", "lonely", "gentle", "strange", "patient")
VERBS = ("waits", "rests", "turns", "moves", "listens", "returns")
ADVERBS = ("slowly", "softly", "alone", "forever", "proudly", "gladly")
PREPOSITIONS = ("under", "beside", "behind", "near", "beyond", "without")
DETERMINERS = ("the", "my", "this", "every", "our", "some")
CONJUNCTIONS = ("and", "while", "but")
OPENINGS = ("today", "now", "again", "somewhere", "tonight", "here")
SHARED = (*ADJECTIVES, *VERBS, *ADVERBS, *PREPOSITIONS, *DETERMINERS, *CONJUNCTIONS, *OPENINGS)
WORDS = tuple(
    sorted({*SHARED, *(word for topic in TOPICS for word in (*topic.nouns, *topic.adjectives, *topic.verbs))})
)
"""Every word that a line may hold."""
