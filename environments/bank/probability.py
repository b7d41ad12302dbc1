"""Chance: expected counts, outcomes, complements."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="expected draws",
        ranges=((1, 6), (1, 6), (2, 20)),
        stated=lambda a, b, rounds: (a, b, (a + b) * rounds),
        right=Procedure("scales the share of red", lambda a, b, rounds: a * rounds),
        misconceptions=(
            Procedure("scales the share of blue", lambda a, b, rounds: b * rounds),
            Procedure("counts the red balls", lambda a, b, rounds: a),
            Procedure("takes half of the draws", lambda a, b, rounds: (a + b) * rounds // 2),
        ),
        wordings=(
            "a bag has {0} red and {1} blue balls . in {2} draws with return , how many red ones are expected ?",
            "of {0} winning and {1} losing tickets one is drawn {2} times and put back . how many wins are expected ?",
            "a wheel has {0} gold and {1} gray fields . it turns {2} times . how often is gold expected ?",
        ),
    ),
    MathSkill(
        name="number of outcomes",
        ranges=((3, 30), (3, 30)),
        commutative=True,
        right=Procedure("multiplies the choices", lambda a, b: a * b),
        misconceptions=(
            Procedure("adds the choices", lambda a, b: a + b),
            Procedure("counts each pair twice", lambda a, b: 2 * a * b),
            Procedure("subtracts the choices", lambda a, b: abs(a - b)),
        ),
        wordings=(
            "lisa has {0} shirts and {1} skirts . how many outfits are possible ?",
            "a menu offers {0} soups and {1} desserts . in how many ways can one of each be chosen ?",
            "a code is one of {0} letters and one of {1} signs . how many codes exist ?",
        ),
    ),
    MathSkill(
        name="outcomes that fail",
        ranges=((3, 12), (3, 12), (4, 40)),
        right=Procedure("takes the good outcomes from all", lambda a, b, c: a * b - c),
        misconceptions=(
            Procedure("counts all outcomes", lambda a, b, c: a * b),
            Procedure("counts the good outcomes", lambda a, b, c: c),
            Procedure("adds the sides", lambda a, b, c: a + b),
        ),
        wordings=(
            "two dice with {0} and {1} sides have {2} good outcomes . how many outcomes are bad ?",
            "from {0} boys and {1} girls a pair is drawn . {2} pairs are related . how many pairs are not ?",
            "a grid of {0} by {1} cells hides {2} prizes , one a cell . how many cells are empty ?",
        ),
    ),
    MathSkill(
        name="tickets without a prize",
        ranges=((3, 25), (3, 25), (4, 60)),
        stated=lambda a, b, rest: (a + b + rest, a, b),
        right=Procedure("takes both kinds of prizes away", lambda a, b, rest: rest),
        misconceptions=(
            Procedure("counts the prizes", lambda a, b, rest: a + b),
            Procedure("takes only the first kind away", lambda a, b, rest: b + rest),
            Procedure("adds the prizes", lambda a, b, rest: 2 * (a + b) + rest),
        ),
        wordings=(
            "of {0} tickets {1} win a car and {2} win a trip . how many win nothing ?",
            "in an urn with {0} balls {1} are red and {2} are green . how many are neither ?",
            "{0} cards hold {1} kings and {2} queens . how many cards are something else ?",
        ),
    ),
    MathSkill(
        name="days without rain",
        ranges=((1, 9), (2, 99)),
        stated=lambda tenths, tens: (10 * tenths, 10 * tens),
        right=Procedure("takes the complement", lambda tenths, tens: (10 - tenths) * tens),
        misconceptions=(
            Procedure("forgets the complement", lambda tenths, tens: tenths * tens),
            Procedure("subtracts the percent as a number", lambda tenths, tens: abs(10 * tens - 10 * tenths)),
            Procedure("takes half for chance", lambda tenths, tens: 5 * tens),
        ),
        wordings=(
            "it rains with a chance of {0} percent . of {1} days how many stay dry on average ?",
            "a shot misses in {0} percent of cases . how many of {1} shots hit on average ?",
            "{0} percent of {1} seeds fail . how many seeds grow ?",
        ),
    ),
)
