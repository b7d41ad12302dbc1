"""Other problems: ratios, reading, unit prices, workers, coins."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="share in a ratio",
        ranges=((1, 6), (1, 6), (3, 25)),
        stated=lambda a, b, share: ((a + b) * share, a, b),
        right=Procedure("takes the first part", lambda a, b, share: a * share),
        misconceptions=(
            Procedure("stops at one share", lambda a, b, share: share),
            Procedure("takes the other part", lambda a, b, share: b * share),
            Procedure("subtracts the first term", lambda a, b, share: (a + b) * share - a),
        ),
        wordings=(
            "{0} dollars are divided in the ratio {1} : {2} . how much is the first part ?",
            "red and blue beads are in the ratio {1} : {2} . of {0} beads how many are red ?",
            "two heirs share {0} acres as {1} : {2} . what does the first one get ?",
        ),
    ),
    MathSkill(
        name="pages left",
        ranges=((4, 20), (2, 9), (5, 60)),
        stated=lambda a, b, rest: (a * b + rest, a, b),
        right=Procedure("takes all pages read away", lambda a, b, rest: rest),
        misconceptions=(
            Procedure("gives the pages read", lambda a, b, rest: a * b),
            Procedure("takes one day away", lambda a, b, rest: a * b + rest - a),
            Procedure("adds the pages read", lambda a, b, rest: 2 * a * b + rest),
        ),
        wordings=(
            "a book has {0} pages . eva reads {1} pages a day for {2} days . how many pages are left ?",
            "of {0} pages ben has read {1} on each of {2} days . how many does he still have to read ?",
            "a writer needs {0} pages and writes {1} a day . what is missing after {2} days ?",
        ),
    ),
    MathSkill(
        name="unit price",
        ranges=((2, 12), (2, 12), (2, 20)),
        stated=lambda unit, a, c: (a, unit * a, c),
        right=Procedure("goes through the price of one", lambda unit, a, c: unit * c),
        misconceptions=(
            Procedure("stops at the price of one", lambda unit, a, c: unit),
            Procedure("adds number and price", lambda unit, a, c: unit * a + c),
            Procedure("multiplies price and number", lambda unit, a, c: unit * a * c),
        ),
        wordings=(
            "{0} pens cost {1} dollars . how much do {2} pens cost ?",
            "a shop sells {0} kg of rice for {1} dollars . what is the price of {2} kg ?",
            "if {0} tickets are {1} dollars , find the price of {2} tickets .",
        ),
    ),
    MathSkill(
        name="fewer workers",
        ranges=((2, 6), (2, 9), (3, 24)),
        stated=lambda k, c, days: (c * k, days, c),
        right=Procedure("stretches the time", lambda k, c, days: k * days),
        misconceptions=(
            Procedure("shrinks the time", lambda k, c, days: days // k),
            Procedure("keeps the time", lambda k, c, days: days),
            Procedure("gives the work of one", lambda k, c, days: k * c * days),
        ),
        wordings=(
            "{0} men build a wall in {1} days . how many days do {2} men need ?",
            "{0} pipes fill a pool in {1} hours . in how many hours do {2} pipes fill it ?",
            "food lasts {0} horses {1} days . how many days does it last {2} horses ?",
        ),
    ),
    MathSkill(
        name="coins",
        ranges=((2, 30), (2, 30)),
        right=Procedure("values each coin", lambda a, b: 5 * a + 10 * b),
        misconceptions=(
            Procedure("counts the coins", lambda a, b: a + b),
            Procedure("values all coins alike", lambda a, b: 5 * (a + b)),
            Procedure("values the first kind only", lambda a, b: 5 * a),
        ),
        wordings=(
            "max has {0} coins of 5 cents and {1} coins of 10 cents . how many cents is that ?",
            "a jar holds {0} nickels of 5 and {1} dimes of 10 cents . what is it worth ?",
            "stamps of 5 and 10 cents : {0} of the first , {1} of the second . find the value in cents .",
        ),
    ),
)
