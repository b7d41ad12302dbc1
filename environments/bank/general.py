"""General word problems: groups, sharing, what remains, averages, ages."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="equal groups",
        ranges=((3, 30), (3, 30)),
        commutative=True,
        right=Procedure("multiplies groups by size", lambda a, b: a * b),
        misconceptions=(
            Procedure("adds groups and size", lambda a, b: a + b),
            Procedure("subtracts instead of multiplying", lambda a, b: abs(a - b)),
            Procedure("counts two groups only", lambda a, b: 2 * b),
        ),
        wordings=(
            "{0} boxes hold {1} pencils each . how many pencils are there ?",
            "there are {0} rows of chairs with {1} chairs in each row . how many chairs is that ?",
            "a baker packs {0} trays . every tray takes {1} rolls . find the number of rolls .",
        ),
    ),
    MathSkill(
        name="equal sharing",
        ranges=((3, 60), (3, 12)),
        stated=lambda share, people: (share * people, people),
        right=Procedure("divides by the number of people", lambda share, people: share),
        misconceptions=(
            Procedure("subtracts the people", lambda share, people: share * people - people),
            Procedure("gives the number of people", lambda share, people: people),
            Procedure("halves whatever is shared", lambda share, people: share * people // 2),
        ),
        wordings=(
            "{0} apples are shared equally by {1} children . how many does each child get ?",
            "{1} friends split a bill of {0} dollars evenly . how much does one friend pay ?",
            "a rope of {0} meters is cut into {1} equal pieces . how long is one piece ?",
        ),
    ),
    MathSkill(
        name="what remains",
        ranges=((25, 90), (4, 25), (4, 25)),
        right=Procedure("takes both away", lambda a, b, c: a - b - c),
        misconceptions=(
            Procedure("takes only the first away", lambda a, b, c: a - b),
            Procedure("adds the second back", lambda a, b, c: a - b + c),
            Procedure("adds what was taken", lambda a, b, c: b + c),
        ),
        wordings=(
            "tom had {0} marbles . he lost {1} and gave away {2} . how many are left ?",
            "of {0} birds on a tree {1} flew off and then {2} more . how many stayed ?",
            "a shop had {0} lamps , sold {1} on monday and {2} on friday . how many remain ?",
        ),
    ),
    MathSkill(
        name="average of two",
        ranges=((5, 60), (2, 40)),
        stated=lambda a, half: (a, a + 2 * half),
        right=Procedure("halves the sum", lambda a, half: a + half),
        misconceptions=(
            Procedure("forgets to halve the sum", lambda a, half: 2 * a + 2 * half),
            Procedure("takes the difference", lambda a, half: 2 * half),
            Procedure("halves the difference", lambda a, half: half),
        ),
        wordings=(
            "what is the average of {0} and {1} ?",
            "ann scored {0} in one test and {1} in the other . what is her mean score ?",
            "it was {0} degrees at dawn and {1} at noon . find the average temperature .",
        ),
    ),
    MathSkill(
        name="sum of ages",
        ranges=((4, 40), (2, 30)),
        right=Procedure("adds both ages", lambda a, b: 2 * a + b),
        misconceptions=(
            Procedure("gives the age of the older one", lambda a, b: a + b),
            Procedure("takes older as times", lambda a, b: a * b),
            Procedure("gives the younger age twice", lambda a, b: 2 * a),
        ),
        wordings=(
            "sam is {0} years old and his sister is {1} years older . what is the sum of their ages ?",
            "a cat is {0} and a dog is {1} years older . how old are they together ?",
            "leo is {0} . mia is {1} years older than leo . add up their ages .",
        ),
    ),
)
