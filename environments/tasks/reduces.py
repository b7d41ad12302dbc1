"""Skills of the fourth slot: what a program returns."""

from environments.tasks.skill import Bug, Fold, Kind, Reduce

LIST = "[{value} {each}]"
ANY: tuple[Kind, ...] = ("number", "word", "letter")


def collecting(call: str, *, whole: str | None = None) -> Fold:
    """Return a fold that collects a list and returns `call` of it; `{}` stands for the list.

    A comprehension needs no list where the call takes what comes one after the other, as `whole` then says.
    """
    return Fold(whole or call.format(LIST), "out = []", "out.append({value})", call.format("out"))


REDUCES = (
    Reduce(
        name="sum",
        takes=("number",),
        right=Fold("sum({value} {each})", "total = 0", "total += {value}", "total"),
        bugs=(
            Bug("the first alone", Fold(f"sum({LIST}[:1])", "total = 0", "total += {value}", "total", early=True)),
            Bug("starts at 1", Fold("sum({value} {each}) + 1", "total = 1", "total += {value}", "total")),
            Bug("counts", Fold(f"len({LIST})", "total = 0", "total += 1", "total")),
        ),
        wordings=("return the sum", "add them up", "give the total"),
    ),
    Reduce(
        name="product",
        takes=("number",),
        right=Fold("", "result = 1", "result *= {value}", "result"),
        bugs=(
            Bug("starts at 0", Fold("", "result = 0", "result *= {value}", "result")),
            Bug("adds", Fold("", "result = 1", "result += {value}", "result")),
            Bug("the first alone", Fold("", "result = 1", "result *= {value}", "result", early=True)),
        ),
        wordings=("return the product", "multiply them", "give all multiplied"),
    ),
    Reduce(
        name="largest",
        takes=("number",),
        once=True,
        right=collecting("max({})", whole="max({value} {each})"),
        bugs=(
            Bug("smallest", collecting("min({})", whole="min({value} {each})")),
            Bug("the first", collecting("{}[0]")),
            Bug("second largest", collecting("sorted({})[-2]", whole="sorted({value} {each})[-2]")),
        ),
        wordings=("return the largest", "give the maximum", "find the greatest"),
    ),
    Reduce(
        name="smallest",
        takes=("number",),
        once=True,
        right=collecting("min({})", whole="min({value} {each})"),
        bugs=(
            Bug("largest", collecting("max({})", whole="max({value} {each})")),
            Bug("the last", collecting("{}[-1]")),
            Bug("second smallest", collecting("sorted({})[1]", whole="sorted({value} {each})[1]")),
        ),
        wordings=("return the smallest", "give the minimum", "find the least"),
    ),
    Reduce(
        name="collect",
        takes=ANY,
        right=collecting("{}"),
        bugs=(
            Bug("the first alone", Fold(f"{LIST}[:1]", "out = []", "out.append({value})", "out", early=True)),
            Bug("the last alone", Fold(f"{LIST}[-1:]", "out = []", "out = [{value}]", "out")),
            Bug("backwards", collecting("{}[::-1]")),
        ),
        wordings=("return a list", "collect them", "give them as a list"),
    ),
    Reduce(
        name="count",
        takes=ANY,
        mapped=False,
        right=Fold(f"len({LIST})", "count = 0", "count += 1", "count"),
        bugs=(
            Bug("adds them", Fold("sum({value} {each})", "count = 0", "count += {value}", "count")),
            Bug("starts at 1", Fold(f"len({LIST}) + 1", "count = 1", "count += 1", "count")),
            Bug("the first alone", Fold(f"len({LIST}[:1])", "count = 0", "count += 1", "count", early=True)),
        ),
        wordings=("return how many", "count them", "give their number"),
    ),
    Reduce(
        name="count distinct",
        takes=ANY,
        repeats=True,
        once=True,
        right=collecting("len(set({}))", whole="len(set({value} {each}))"),
        bugs=(
            Bug("counts repeats", collecting("len({})")),
            Bug("returns them", collecting("set({})", whole="set({value} {each})")),
            Bug("one less", collecting("len(set({})) - 1", whole="len(set({value} {each})) - 1")),
        ),
        wordings=("count distinct ones", "return how many differ", "number without repeats"),
    ),
    Reduce(
        name="join",
        takes=("word", "letter"),
        right=collecting("' '.join({})", whole="' '.join({value} {each})"),
        bugs=(
            Bug("no spaces", collecting("''.join({})", whole="''.join({value} {each})")),
            Bug("commas", collecting("','.join({})", whole="','.join({value} {each})")),
            Bug("a list", collecting("{}")),
        ),
        wordings=("join with spaces", "return one text with spaces", "put spaces between"),
    ),
    Reduce(
        name="longest",
        takes=("word",),
        right=collecting("max({}, key=len)"),
        bugs=(
            Bug("last by alphabet", collecting("max({})", whole="max({value} {each})")),
            Bug("shortest", collecting("min({}, key=len)")),
            Bug("its length", collecting("len(max({}, key=len))")),
        ),
        wordings=("return the longest", "give the one of most letters", "find the longest one"),
    ),
    Reduce(
        name="tally",
        takes=("word", "letter"),
        mapped=False,
        repeats=True,
        right=Fold("{{x: {source}.count(x) {each}}}", "out = {}", "out[x] = out.get(x, 0) + 1", "out"),
        bugs=(
            Bug("always 1", Fold("{{x: 1 {each}}}", "out = {}", "out[x] = 1", "out")),
            Bug(
                "starts at 1",
                Fold("{{x: {source}.count(x) + 1 {each}}}", "out = {}", "out[x] = out.get(x, 1) + 1", "out"),
            ),
            Bug("how many", Fold("len({{x: 1 {each}}})", "out = {}", "out[x] = out.get(x, 0) + 1", "len(out)")),
        ),
        wordings=("count each", "return how often each occurs", "tally them"),
    ),
    Reduce(
        name="table",
        takes=ANY,
        mapped=True,
        once=True,
        right=Fold("{{x: {value} {each}}}", "out = {}", "out[x] = {value}", "out"),
        bugs=(
            Bug("turned round", Fold("{{{value}: x {each}}}", "out = {}", "out[{value}] = x", "out")),
            Bug("to itself", Fold("{{x: x {each}}}", "out = {}", "out[x] = x", "out")),
            Bug("a list", Fold(LIST, "out = {}", "out[x] = {value}", "list(out.values())")),
        ),
        wordings=("return a dict from old to new", "look up new by old", "give a table of old and new"),
    ),
    Reduce(
        name="sort",
        takes=ANY,
        order=True,
        right=collecting("sorted({})", whole="sorted({value} {each})"),
        bugs=(
            Bug("descending", collecting("sorted({}, reverse=True)")),
            Bug("as they come", collecting("{}")),
            Bug("drops repeats", collecting("sorted(set({}))", whole="sorted(set({value} {each}))")),
        ),
        wordings=("sort them", "return them in order", "give them ascending"),
    ),
)
