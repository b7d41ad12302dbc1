"""Skills of the second slot: what a program keeps."""

from environments.tasks.skill import Bug, Filter

ALL = Bug("keeps all", "")

FILTERS = (
    Filter(
        name="even",
        takes="number",
        right="x % 2 == 0",
        bugs=(Bug("odd", "x % 2 == 1"), ALL, Bug("divides whole", "x // 2 == 0")),
        wordings=("keep even ones", "drop odd ones", "only multiples of 2"),
    ),
    Filter(
        name="odd",
        takes="number",
        right="x % 2 == 1",
        bugs=(Bug("even", "x % 2 == 0"), ALL, Bug("divides whole", "x // 2 == 1")),
        wordings=("keep odd ones", "drop even ones", "no multiples of 2"),
    ),
    Filter(
        name="positive",
        takes="number",
        signed=True,
        right="x > 0",
        bugs=(Bug("zero too", "x >= 0"), ALL, Bug("negative", "x < 0")),
        wordings=("keep positive ones", "only above zero", "drop zero and below"),
    ),
    Filter(
        name="at least 5",
        takes="number",
        right="x >= 5",
        bugs=(Bug("not 5 itself", "x > 5"), ALL, Bug("at most", "x <= 5")),
        wordings=("keep those at least 5", "only 5 or more", "drop what is under 5"),
    ),
    Filter(
        name="below 4",
        takes="number",
        right="x < 4",
        bugs=(Bug("4 too", "x <= 4"), ALL, Bug("above", "x > 4")),
        wordings=("keep those under 4", "only less than 4", "drop 4 and more"),
    ),
    Filter(
        name="multiples of 3",
        takes="number",
        right="x % 3 == 0",
        bugs=(Bug("the others", "x % 3"), ALL, Bug("divides whole", "x // 3 == 0")),
        wordings=("keep multiples of 3", "only if 3 divides it", "drop what 3 does not divide"),
    ),
    Filter(
        name="longer than 3",
        takes="word",
        right="len(x) > 3",
        bugs=(Bug("3 too", "len(x) >= 3"), ALL, Bug("shorter", "len(x) < 3")),
        wordings=("keep those longer than 3", "only over 3 letters", "drop up to 3 letters"),
    ),
    Filter(
        name="starts with a",
        takes="word",
        right="x[0] == 'a'",
        bugs=(Bug("ends with a", "x[-1] == 'a'"), ALL, Bug("holds an a", "'a' in x")),
        wordings=("keep those starting with a", "only with first letter a", "drop if not beginning in a"),
    ),
    Filter(
        name="holds an e",
        takes="word",
        right="'e' in x",
        bugs=(Bug("ends with e", "x[-1] == 'e'"), ALL, Bug("the others", "'e' not in x")),
        wordings=("keep those with an e", "only if e is in it", "drop what lacks e"),
    ),
    Filter(
        name="vowels",
        takes="letter",
        right="x in 'aeiou'",
        bugs=(Bug("forgets u", "x in 'aeio'"), ALL, Bug("the others", "x not in 'aeiou'")),
        wordings=("keep vowels", "only a e i o u", "drop what is no vowel"),
    ),
    Filter(
        name="capitals",
        takes="letter",
        right="x.isupper()",
        bugs=(Bug("small letters", "x.islower()"), ALL, Bug("all letters", "x.isalpha()")),
        wordings=("keep capitals", "only upper case", "drop what is no capital"),
    ),
    Filter(
        name="digit signs",
        takes="letter",
        right="x.isdigit()",
        bugs=(Bug("letters", "x.isalpha()"), ALL, Bug("both", "x.isalnum()")),
        wordings=("keep digits", "only 0 to 9", "drop what is no digit"),
    ),
)
