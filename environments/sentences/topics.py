"""What sentences are about, with the words by which it shows; some topics are never asked before they are measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentenceTopic:
    """What a sentence is to be about."""

    name: str
    """As a prompt says it."""
    words: tuple[str, ...]
    """Of which a sentence about it holds one, in small letters."""


def _topic(name: str, words: str) -> SentenceTopic:
    return SentenceTopic(name, tuple(words.split()))


TOPICS: Mapping[str, Sequence[SentenceTopic]] = {
    "pool": (
        _topic(
            "rain",
            "rain rains rained raining rainy raindrop raindrops umbrella umbrellas puddle puddles wet clouds",
        ),
        _topic(
            "the sea",
            "sea seas ocean wave waves tide tides shore ship ships sailor sailors salt salty beach",
        ),
        _topic(
            "the forest",
            "forest forests tree trees oak pine pines leaf leaves woods moss branches trail",
        ),
        _topic(
            "the kitchen",
            "kitchen kitchens cook cooks cooking oven stove pot pots pan pans soup spoon knife recipe meal",
        ),
        _topic(
            "winter",
            "winter winters snow snowy snowflakes ice icy cold frost frozen snowman scarf",
        ),
        _topic(
            "the night sky",
            "sky skies star stars starry night moon moonlight planet planets galaxy comet",
        ),
        _topic(
            "a garden",
            "garden gardens gardener flower flowers rose roses soil seeds weeds bloom blooms plants",
        ),
        _topic(
            "music",
            "music musical musician song songs sing sings singing melody piano guitar violin drums band tune",
        ),
        _topic(
            "the city",
            "city cities street streets traffic building buildings skyscraper skyscrapers downtown crowd crowds taxi",
        ),
        _topic(
            "a train",
            "train trains rail rails railway station stations tracks platform passengers conductor locomotive",
        ),
        _topic(
            "a birthday",
            "birthday birthdays cake candles candle party parties gift gifts present presents balloons celebrate",
        ),
        _topic(
            "breakfast",
            "breakfast breakfasts egg eggs toast cereal pancake pancakes bacon oatmeal morning jam",
        ),
        _topic(
            "a market",
            "market markets stall stalls vendor vendors seller sellers fruit vegetables bargain shoppers buy sell",
        ),
        _topic(
            "school",
            "school schools teacher teachers student students class classroom lesson lessons homework learn pupils",
        ),
        _topic(
            "football",
            "football goal goals team teams player players ball score scores kick match stadium coach",
        ),
        _topic(
            "mountains",
            "mountain mountains peak peaks summit climb climbs climbing climber hikers hike hiking valley slope",
        ),
        _topic(
            "a river",
            "river rivers stream streams flow flows flowing bank banks current bridge water",
        ),
        _topic(
            "dogs",
            "dog dogs puppy puppies bark barks barking tail leash paws pet hound",
        ),
        _topic(
            "cats",
            "cat cats kitten kittens meow purr purrs purring whiskers paws feline mouse",
        ),
        _topic(
            "horses",
            "horse horses pony ponies gallop gallops galloped ride rides rider saddle mane stable",
        ),
        _topic(
            "birds",
            "bird birds wings wing feather feathers nest nests fly flies flying sparrow robin eagle",
        ),
        _topic(
            "painting",
            "paint paints painted painting paintings painter brush brushes canvas artist colors color art",
        ),
        _topic(
            "books",
            "book books read reads reading reader page pages story stories novel novels author",
        ),
        _topic(
            "coffee",
            "coffee coffees cup cups mug espresso latte beans brew brewed caffeine cafe",
        ),
        _topic(
            "bread",
            "bread loaf loaves bake bakes baked baker bakery dough flour crust butter toast",
        ),
        _topic(
            "a farm",
            "farm farms farmer farmers cow cows chickens barn tractor crops field fields harvest",
        ),
        _topic(
            "a hospital",
            "hospital hospitals doctor doctors nurse nurses patient patients medicine clinic surgery care",
        ),
        _topic(
            "a wedding",
            "wedding weddings bride groom ring rings marry married marriage guests vows ceremony",
        ),
    ),
    "probe": (
        _topic(
            "a lake",
            "lake lakes water boat boats swim swimming fish shore ducks reflection",
        ),
        _topic(
            "the zoo",
            "zoo zoos animal animals lion lions tiger monkeys monkey elephant cage zookeeper",
        ),
        _topic(
            "shoes",
            "shoe shoes boot boots sneakers laces heel heels sandals feet sole",
        ),
        _topic(
            "a thunderstorm",
            "thunderstorm thunder lightning storm storms stormy rain wind clouds sky",
        ),
        _topic("pizza", "pizza pizzas cheese crust slice slices pepperoni topping toppings tomato"),
        _topic("chess", "chess pawn pawns knight bishop rook checkmate board opponent"),
    ),
    "held_out": (
        _topic(
            "bicycles",
            "bicycle bicycles bike bikes cyclist cyclists cycling pedal pedals wheel wheels ride rides riding helmet",
        ),
        _topic(
            "bees",
            "bee bees honey hive hives beehive pollen nectar buzz buzzes buzzing sting flowers",
        ),
        _topic(
            "tea",
            "tea teas teapot teacup cup kettle brew brewed sip sips sipping herbal leaves",
        ),
        _topic(
            "a library",
            "library libraries librarian book books shelf shelves read reading readers borrow quiet",
        ),
        _topic(
            "dancing",
            "dance dances danced dancing dancer dancers ballet waltz tango rhythm steps stage music",
        ),
        _topic(
            "airplanes",
            "airplane airplanes plane planes pilot pilots fly flies flying flight flights airport wings sky",
        ),
        _topic(
            "a grandmother",
            "grandmother grandmothers grandma granny grandchildren grandson granddaughter knit knitting",
        ),
        _topic(
            "apples",
            "apple apples orchard pie cider fruit fruits core crisp juicy",
        ),
        _topic(
            "the desert",
            "desert deserts sand sands sandy dune dunes cactus cacti camel camels oasis dry heat",
        ),
        _topic(
            "fishing",
            "fish fishing fisherman fishermen hook hooks bait rod rods net nets catch caught lake",
        ),
    ),
}
"""By the split that asks for them."""
