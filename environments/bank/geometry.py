"""Shapes: areas, perimeters, volumes and a side from a perimeter."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="rectangle area",
        ranges=((3, 30), (3, 30)),
        commutative=True,
        right=Procedure("multiplies the sides", lambda a, b: a * b),
        misconceptions=(
            Procedure("gives the perimeter", lambda a, b: 2 * (a + b)),
            Procedure("adds the sides", lambda a, b: a + b),
            Procedure("doubles the area", lambda a, b: 2 * a * b),
        ),
        wordings=(
            "a rectangle is {0} cm long and {1} cm wide . what is its area ?",
            "find the area of a garden of {0} by {1} meters .",
            "how many square meters of carpet cover a floor of {0} meters by {1} meters ?",
        ),
    ),
    MathSkill(
        name="rectangle perimeter",
        ranges=((3, 45), (3, 45)),
        commutative=True,
        right=Procedure("adds all four sides", lambda a, b: 2 * (a + b)),
        misconceptions=(
            Procedure("adds two sides only", lambda a, b: a + b),
            Procedure("gives the area", lambda a, b: a * b),
            Procedure("takes the first side four times", lambda a, b: 4 * a),
        ),
        wordings=(
            "what is the perimeter of a rectangle with sides {0} and {1} cm ?",
            "a fence runs around a field of {0} by {1} meters . how long is it ?",
            "a frame is {0} cm high and {1} cm wide . find the length of its border .",
        ),
    ),
    MathSkill(
        name="triangle area",
        ranges=((3, 30), (2, 16)),
        stated=lambda base, half: (base, 2 * half),
        right=Procedure("halves base times height", lambda base, half: base * half),
        misconceptions=(
            Procedure("forgets the half", lambda base, half: 2 * base * half),
            Procedure("adds base and height", lambda base, half: base + 2 * half),
            Procedure("halves twice", lambda base, half: base * half // 2),
        ),
        wordings=(
            "a triangle has base {0} cm and height {1} cm . what is its area ?",
            "find the area of a sail shaped as a triangle , {0} meters wide and {1} meters tall .",
            "the base of a triangle is {0} , its height is {1} . how large is the triangle ?",
        ),
    ),
    MathSkill(
        name="box volume",
        ranges=((2, 14), (2, 14), (2, 14)),
        commutative=True,
        right=Procedure("multiplies all three edges", lambda a, b, c: a * b * c),
        misconceptions=(
            Procedure("adds the edges", lambda a, b, c: a + b + c),
            Procedure("forgets the height", lambda a, b, c: a * b),
            Procedure("gives the surface", lambda a, b, c: 2 * (a * b + b * c + a * c)),
        ),
        wordings=(
            "a box measures {0} by {1} by {2} cm . what is its volume ?",
            "how many unit cubes fill a crate {0} long , {1} wide and {2} high ?",
            "find the volume of a pool of {0} , {1} and {2} meters .",
        ),
    ),
    MathSkill(
        name="trapezoid middle line",
        ranges=((3, 60), (2, 40)),
        stated=lambda a, half: (a, a + 2 * half),
        right=Procedure("halves the sum of the parallel sides", lambda a, half: a + half),
        misconceptions=(
            Procedure("adds the parallel sides", lambda a, half: 2 * a + 2 * half),
            Procedure("gives the longer side", lambda a, half: a + 2 * half),
            Procedure("subtracts the parallel sides", lambda a, half: 2 * half),
        ),
        wordings=(
            "the parallel sides of a trapezoid are {0} and {1} cm . how long is the middle line ?",
            "a trapezoid has bases {0} and {1} . find its midline .",
            "halfway between edges of {0} and {1} meters a roof beam is laid . how long is the beam ?",
        ),
    ),
)
