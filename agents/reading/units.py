"""Units and currencies: which words name the same one, and which may stand beside a number without being one."""

import re
from functools import lru_cache

_NAMES = {
    "m": "metre metres meter meters mètre mètres metro metros", "km": "kilometre kilometres kilometer kilometers kms",
    "cm": "centimetre centimetres centimeter centimeters cms", "mm": "millimetre millimetres millimeter millimeters",
    "mile": "miles mi", "foot": "feet ft", "inch": "inches", "yard": "yards yd yds",
    "g": "gram grams gramme grammes gm gms", "kg": "kilogram kilograms kilo kilos kgs", "mg": "milligram milligrams",
    "pound": "lb lbs", "ounce": "oz ounces", "tonne": "tonnes ton tons t",
    "l": "litre litres liter liters", "ml": "millilitre millilitres milliliter milliliters", "gallon": "gallons gal",
    "second": "seconds sec secs s", "minute": "minutes min mins", "hour": "hours hr hrs h", "day": "days",
    "week": "weeks wk wks", "month": "months", "year": "years yr yrs", "degree": "° degrees deg",
    "w": "watt watts", "kw": "kilowatt kilowatts", "j": "joule joules", "n": "newton newtons", "v": "volt volts",
    "hz": "hertz", "pa": "pascal pascals", "k": "kelvin kelvins", "°c": "celsius", "°f": "fahrenheit",
    "°": "", "b": "byte bytes", "kb": "kilobyte kilobytes", "mb": "megabyte megabytes",
    "gb": "gigabyte gigabytes", "ha": "hectare hectares", "acre": "acres", "ohm": "ohms ω", "a": "ampere amperes amp",
    "$": "dollar dollars usd us$ bucks", "€": "euro euros eur", "£": "gbp sterling quid", "¥": "yen yuan jpy cny 元 円",
    "₹": "rupee rupees rs inr", "cent": "cents ¢",
}  # fmt: skip
CURRENCIES = frozenset("$€£¥₹")
_CANONICAL = {name: unit for unit, names in _NAMES.items() for name in (unit, *names.split())} | {"°": "degree"}
_NO_UNITS = """
a an the and or but because since as so which who that if when where while for from of on to by with without at
minus plus times divided multiplied is are was were be been not no in into total altogether left more less each
per remaining extra long wide high tall old away apart i we you he she it they this these those then thus hence
therefore after before during out over under than all both exactly only every und et y e est ist es sont sind en
insgesamt dans the's है हैं ہے です だ 。 i'm it's her his their my our has have had can will would should do does
did"""
_STOPS = frozenset(_NO_UNITS.split())
_WORD = re.compile(r"\s*(?:(?P<per>/|\bper\b)|(?P<word>°[CcFf]?(?!\w)|[^\W\d_]+\.?(?:\^[23])?|[$€£¥₹¢]|'+))")
_SPEEDS = {"kmh": ("km", "/", "hour"), "kph": ("km", "/", "hour"), "mph": ("mile", "/", "hour")}
_POWERS = {"square": "^2", "sq": "^2", "cubic": "^3", "cu": "^3"}

ABUTTING = (
    (frozenset(_CANONICAL) - {"a", "k", "b", "n", "j", "v"})
    | set(_SPEEDS)
    | {"個", "人", "个", "年", "月", "日", "名", "本", "枚"}
)
"""What may stand directly behind a number as its unit; another letter there makes a formula of it."""


@lru_cache(maxsize=1 << 12)
def unit_words(after: str) -> tuple[str, ...]:
    """Return the unit that a text behind a number begins with, as canonical words: "km per hour" is km, /, hour."""
    words: list[str] = []
    position, power, compound = 0, "", False
    while len(words) < 5 and (match := _WORD.match(after.lstrip("-") if not words else after, position)):
        position = match.end()
        if match["per"]:
            words.append("/")
            compound = True
            continue
        word = match["word"].casefold().rstrip(".")
        if word in _POWERS:
            power = _POWERS[word]
            continue
        if word in _STOPS and not (compound and words[-1] == "/"):
            if word in ("an", "a") and words and words[-1] in CURRENCIES:
                words.append("/")
                compound = True
                continue
            break
        words.extend(_SPEEDS.get(word) or (_canonical(word) + power,))
        power = ""
        if match["word"].endswith("."):
            break
    return tuple(words[:-1] if words and words[-1] == "/" else words)


def _canonical(word: str) -> str:
    """Return one name for a unit's spellings, and a plain plural without its s."""
    base, _, power = word.partition("^")
    unit = _CANONICAL.get(base) or (base[:-1] if len(base) > 3 and base.endswith("s") else base)
    return f"{unit}^{power}" if power else unit


def units_agree(claimed: tuple[str, ...], reference: tuple[str, ...]) -> bool:
    """Say whether a claim's unit may be the reference's: one of them has none, or the claim's holds the reference's."""
    if not claimed or not reference:
        return True
    if reference[0] in CURRENCIES or claimed[0] in CURRENCIES:
        return reference[0] == claimed[0]
    if claimed == reference:
        return True
    size = len(reference)
    starts = (start for start in range(len(claimed) - size + 1) if claimed[start : start + size] == reference)
    return any(claimed[start + size : start + size + 1] != ("/",) for start in starts)
