"""Environments that break their role."""

from tests.contracts.defects import Defect


def split(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """An environment whose questions are this expression of good ones."""
    body = f"def questions(self, seed):\n    splits = Good.questions(self, seed)\n    return {expression}"
    return Defect("environment", body, complaint, in_run=in_run)


def asked(fields: str, complaint: str) -> Defect:
    """An environment whose first question has these fields."""
    return Defect("environment", f"def questions(self, seed):\n    return self.changed({fields})", complaint)


ENVIRONMENTS = [
    split(
        "replace(splits, pool=(*splits.pool, splits.held_out[0]))",
        "'q50' both in its pool and among those that measure",
    ),
    split(
        "replace(splits, pool=(*splits.pool, splits.probe[0]))", "'q70' both in its pool and among those that measure"
    ),
    split("replace(splits, probe=splits.held_out)", "'q50' both in its probe and its held_out"),
    split("replace(splits, held_out=())", "holds out no question"),
    split("replace(splits, pool=())", "has an empty pool"),
    split("replace(splits, pool=(*splits.pool, splits.pool[0]))", "2 questions of id 'q0' in its pool"),
    split("replace(splits, held_out=splits.held_out * 2)", "2 questions of id 'q50' in its held_out"),
    split("replace(splits, pool=set(splits.pool))", "of type set as pool; give a tuple"),
    split("replace(splits, held_out=None)", "gave None as held_out"),
    split("replace(splits, pool=('what is 1?',) * 40)", "gave 'what is 1\\?' of type str; give a Question"),
    split("replace(splits, notices=(17,))", "gave 17 of type int"),
    split("(splits.pool, splits.held_out)", "of type tuple; return Splits\\(pool"),
    split("None", "returned None of type NoneType; return Splits"),
    split("{}['pool']", "raised KeyError: 'pool' \\(bad.py:\\d+, in questions\\)"),
    asked("id=7", "whose id is 7 of type int; make it a str"),
    asked("id=''", "whose id is ''"),
    asked("prompt=None", "whose prompt is None of type NoneType"),
    asked("tags='sum'", "whose tags is 'sum' of type str; make it a tuple"),
    asked("form=('1', '2')", "whose form is .* give a Form"),
    asked("key='0'", "whose key is '0' of type str; give a Key"),
    asked("form=Options(choices=('0', '0', '1'))", "'0' twice among its alternatives"),
    asked("form=Options(choices=('0',))", "with 1 options; give two"),
    asked("form=Options(choices=(0, 1))", r"form.choices\[0\] is 0 of type int; make it a str"),
    asked("form=Options(choices=('1', '2'))", "whose reference '0' is none of its alternatives"),
    asked("key=Reference(answer='0', reveals=('right', 'slip'))", "2 reveals for 3 alternatives"),
    asked("form=Items(items=('a', 'b'), count=3), key=Taken(item='a')", "asks for 3 of 2 items"),
    asked("form=Items(items=('a', 'b'), count=1), key=Taken(item='c')", "reference 'c' is none"),
    asked("form=Items(items=('a', 'b'), count=1), key=Chances(chances=(0.5,))", "1 chances for 2 alternatives"),
    asked(
        "form=Items(items=('a', 'b'), count=1), key=Chances(chances=(0.5, 1.5))", "chance 1.5; a chance lies between"
    ),
    Defect("environment", "measures = ()", "measures nothing; name the truth"),
    Defect("environment", 'measures = ("accuracy",)', "gave 'accuracy' of type str; give a Measure"),
    Defect("environment", 'measures = (Measure(name="a"), Measure(name="a"))', "calls its measures 'a', 'a'"),
    Defect("environment", 'exact_judge = "answer_keyy"', "unknown judge 'answer_keyy'; did you mean 'answer_key'"),
    Defect("environment", 'exact_judge = {"judge": "answer_key"}', "as its exact judge; write its name"),
    Defect(
        "environment",
        "def questions(self, seed):\n    pool = Many()\n    return replace(Good.questions(self, seed), pool=pool)",
        "'q5[0-9]' both in its pool and among those that measure",
        after=(
            "class Many(Sequence):\n    def __len__(self):\n        return 5000\n\n"
            "    def __getitem__(self, place):\n        return question(place % 50 if place % 2 else 50 + place % 10)"
        ),
    ),
    Defect(
        "environment",
        "def step(self, state, experience, generator):\n    return state",
        "from step; return \\(state, Transition",
        base="Moving",
    ),
    Defect(
        "environment",
        "def step(self, state, experience, generator):\n"
        "    _, transition = Moving.step(self, state, experience, generator)\n"
        "    return state, replace(transition, reward=math.nan)",
        "whose reward is nan",
        base="Moving",
    ),
    Defect("environment", "def pool(self, state):\n    return ()", "has an empty pool", base="Moving"),
    Defect(
        "environment",
        "def pool(self, state):\n    return self.questions(0).held_out",
        "both in its pool and among those that measure",
        base="Moving",
    ),
    Defect("environment", "def begin(self, generator):\n    return 1 / 0", "raised ZeroDivisionError", base="Moving"),
    Defect(
        "environment",
        "def begin(self, generator):\n    return shared\n\n"
        "def pool(self, state):\n    return self.questions(0).pool[state[0] :]\n\n"
        "def step(self, state, experience, generator):\n    state[0] += 1\n"
        "    return state, Moving.step(self, 0, experience, generator)[1]",
        "changes the world of one student by what another does",
        base="Moving",
        after="shared = [0]",
        in_run=False,
    ),
    split(
        "replace(splits, pool=splits.pool[random.randrange(3) :])",
        "the random numbers of the whole process",
        in_run=False,
    ),
    split(
        "replace(splits, pool=tuple(replace(one, prompt=splits.held_out[0].prompt, form=splits.held_out[0].form,"
        " key=splits.held_out[0].key) for one in splits.pool))",
        "has the text of 'q0', which may be asked, also in 'q50'",
        in_run=False,
    ),
]
