"""What has to be learned before what: the prerequisites among the bank's skills.

An edge stands where a skill's right procedure contains that of another, or undoes or varies it. It is our reading of
the procedures, not measured on students. Only direct prerequisites are named; what they need is needed too.
"""

from collections.abc import Mapping

PREREQUISITES: Mapping[str, tuple[str, ...]] = {
    # dividing undoes multiplying, and an average shares a sum out
    "equal sharing": ("equal groups",),
    "average of two": ("equal sharing",),
    # speed by time is groups of equal size; the legs of a trip add two of them
    "distance travelled": ("equal groups",),
    "speed from distance": ("distance travelled", "equal sharing"),
    "two legs": ("distance travelled",),
    # both speeds together cover the way, which is then divided as for a speed
    "meeting time": ("speed from distance", "two legs"),
    # a product is taken from what there was
    "fuel left": ("equal groups", "what remains"),
    "pages left": ("equal groups", "what remains"),
    "bill with coupon": ("equal groups", "what remains"),
    # a difference of two, as what remains
    "profit": ("what remains",),
    # a percentage is so many of a hundred equal shares
    "percent of": ("equal sharing",),
    "discount": ("percent of", "what remains"),
    "simple interest": ("percent of",),
    # rows of unit squares; half of a rectangle; layers of rectangles
    "rectangle area": ("equal groups",),
    "triangle area": ("rectangle area",),
    "box volume": ("rectangle area",),
    # the same procedure in another dress
    "trapezoid middle line": ("average of two",),
    "tickets without a prize": ("what remains",),
    "number of outcomes": ("equal groups",),
    "outcomes that fail": ("number of outcomes", "what remains"),
    "days without rain": ("discount",),
    # equal shares, of which so many are taken
    "share in a ratio": ("equal sharing",),
    "expected draws": ("share in a ratio",),
    # through the one: the rule of three, then its inverse
    "unit price": ("equal sharing",),
    "fewer workers": ("unit price",),
    # equal groups of two kinds, added
    "coins": ("equal groups",),
}
"""The skills to be learned before a skill; "equal groups", "what remains", "sum of ages" and "rectangle perimeter"
need none of the others."""
