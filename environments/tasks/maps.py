"""Skills of the third slot: what a program makes of each."""

from environments.tasks.skill import Bug, Map

AS_IT_IS = Bug("leaves it", "x")

MAPS = (
    Map(
        name="square",
        takes=("number",),
        right="x * x",
        bugs=(Bug("doubles", "x * 2"), AS_IT_IS, Bug("cubes", "x * x * x")),
        wordings=("square each", "each times itself", "to the power of 2"),
    ),
    Map(
        name="double",
        takes=("number",),
        right="x * 2",
        bugs=(Bug("adds 2", "x + 2"), AS_IT_IS, Bug("squares", "x * x")),
        wordings=("double each", "each times 2", "twice each"),
    ),
    Map(
        name="plus one",
        takes=("number",),
        right="x + 1",
        bugs=(AS_IT_IS, Bug("minus one", "x - 1"), Bug("plus two", "x + 2")),
        wordings=("add 1 to each", "each plus 1", "one more than each"),
    ),
    Map(
        name="absolute value",
        takes=("number",),
        signed=True,
        merges=True,
        right="abs(x)",
        bugs=(Bug("turns the sign", "-x"), AS_IT_IS, Bug("nothing below 0", "max(x, 0)")),
        wordings=("absolute value", "without its sign", "distance from zero"),
    ),
    Map(
        name="last digit",
        takes=("number",),
        merges=True,
        right="x % 10",
        bugs=(Bug("drops it", "x // 10"), Bug("by 2", "x % 2"), Bug("by 5", "x % 5")),
        wordings=("last digit of each", "each modulo 10", "rest by 10"),
    ),
    Map(
        name="half",
        takes=("number",),
        merges=True,
        right="x // 2",
        bugs=(Bug("keeps the rest", "x / 2"), Bug("the rest", "x % 2"), AS_IT_IS),
        wordings=("halve each down", "half of each, rounded down", "each divided by 2, whole"),
    ),
    Map(
        name="length",
        takes=("word",),
        gives="number",
        merges=True,
        right="len(x)",
        bugs=(Bug("one less", "len(x) - 1"), AS_IT_IS, Bug("one more", "len(x) + 1")),
        wordings=("length of each", "how long each is", "number of letters of each"),
    ),
    Map(
        name="upper case",
        takes=("word", "letter"),
        right="x.upper()",
        bugs=(Bug("lower case", "x.lower()"), AS_IT_IS),
        wordings=("in upper case", "make each upper", "as capitals"),
    ),
    Map(
        name="backwards",
        takes=("word",),
        right="x[::-1]",
        bugs=(Bug("drops the first", "x[1:]"), AS_IT_IS, Bug("drops the last", "x[:-1]")),
        wordings=("reverse each", "each backwards", "from last to first letter"),
    ),
    Map(
        name="first letter",
        takes=("word",),
        gives="letter",
        merges=True,
        right="x[0]",
        bugs=(Bug("second letter", "x[1]"), Bug("last letter", "x[-1]"), AS_IT_IS),
        wordings=("first letter of each", "initial of each", "how each begins"),
    ),
    Map(
        name="two in a row",
        takes=("letter",),
        right="x * 2",
        bugs=(AS_IT_IS, Bug("three", "x * 3"), Bug("a 2 behind", "x + '2'")),
        wordings=("write each two times", "repeat each once", "each doubled up"),
    ),
    Map(
        name="place in the alphabet",
        takes=("letter",),
        gives="number",
        right="ord(x) - 96",
        bugs=(Bug("from 0", "ord(x) - 97"), Bug("the code", "ord(x)"), AS_IT_IS),
        wordings=("place in the alphabet", "letter number with a as 1", "a is 1, b is 2 and so on"),
    ),
)
