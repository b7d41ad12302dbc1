"""Which option a text takes: its final statement, else the only one that it names; by letter, text or value."""

import pytest

from agents.reading.choices import First
from agents.reading.options import read_option, reference_index
from agents.students.api import ApiStudents
from agents.students.student import Student
from simulation.core.calls import Completion
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question, Seat

CASES = [
    ("There are 5 apples and 4 boxes, so 5 x 4 = 20. The answer is c)", "5|4|20|16|9", 2),
    ("5 apples, 4 boxes and 16 children: 20 minus 4 leaves 16. I pick D", "5|4|20|16|9", 3),
    ("With 9 + 16 = 25 it is none; 20 / 4 = 5, so (A).", "5|4|20|16|9", 0),
    ("Not 5, not 4: 20 is left, which is the third option.", "5|4|20|16|9", 2),
    ("The answer is 5 or 4? No: \\boxed{16}", "5|4|20|16|9", 3),
    ("Answer: 9\n\nCheck: 5 + 4 = 9, whereas 20 - 16 = 4.", "5|4|20|16|9", 4),
    ("The answer is 5. The answer is 4.", "5|4|20|16|9", None),
    ("Answer: a)\nAnswer: b)", "5|4|20|16|9", None),
    ("The answer is A. So the answer is 20.", "5|4|20|16|9", None),
    ("\\boxed{5} and \\boxed{9}", "5|4|20|16|9", None),
    ("#### 20\n#### 16", "5|4|20|16|9", None),
    ("**b**", "red|blue|green", 1),
    ("\\boxed{b}", "red|blue|green", 1),
    ("[C]", "red|blue|green", 2),
    ("__c__", "red|blue|green", 2),
    ("*a*", "red|blue|green", 0),
    ("{B}", "red|blue|green", 1),
    ("<b>", "red|blue|green", 1),
    ("\\textbf{C}", "red|blue|green", 2),
    ("$\\mathrm{b}$", "red|blue|green", 1),
    ("<think>It is A.</think>**b**", "red|blue|green", 1),
    ("The answer is 1000", "1,000|2,000", 0),
    ("1000", "1,000|2,000", 0),
    ("The answer is 0.5", "1/2|1/5", 0),
    ("2000.0", "1,000|2,000", 1),
    ("The answer is 1,000,000", "1000000|100000", 0),
    ("1/2", "0.2|0.5", 1),
    ("The answer is 2/4", "1/4|1/2", 1),
    ("20 %", "1/2|1/5", 1),
    ("1.5", "1 1/2|11/2", 0),
    ("C, because 3 times 4 is 12.", "10|11|12|13", 2),
    ("I think B", "a1|b1|c1", 1),
    ("I think it's B.", "red|blue|green", 1),
    ("I'm going with A", "red|blue|green", 0),
    ("Definitely C", "red|blue|green", 2),
    ("My answer: (a)", "red|blue|green", 0),
    ("Letter B", "red|blue|green", 1),
    ("The answer is option (b).", "red|blue|green", 1),
    ("**Answer: A**", "red|blue|green", 0),
    ("Answer - B", "red|blue|green", 1),
    ("Answer B", "red|blue|green", 1),
    ("the correct answer is: b", "red|blue|green", 1),
    ("Correct answer: b) blue", "red|blue|green", 1),
    ("B) blue is the correct answer.", "red|blue|green", 1),
    ("(B) is correct.", "red|blue|green", 1),
    ("Blue is the answer.", "red|blue|green", 1),
    ("The correct choice is blue.", "red|blue|green", 1),
    ("I would choose green over blue.", "red|blue|green", None),
    ("It's not red. It's blue.", "red|blue|green", 1),
    ("Red is wrong, so is green. Blue.", "red|blue|green", 1),
    ("Not A.", "red|blue|green", None),
    ("It isn't red.", "red|blue|green", None),
    ("Neither red nor green, so blue.", "red|blue|green", 1),
    ("Red? No. Green? No. Blue it is.", "red|blue|green", 1),
    ("A or B", "red|blue|green", None),
    ("Either A or B.", "red|blue|green", None),
    ("A and C are both right.", "red|blue|green", None),
    ("The answer could be A or B.", "red|blue|green", None),
    ("Maybe red, maybe blue.", "red|blue|green", None),
    ("I'm not sure, but I'd say B.", "red|blue|green", 1),
    ("I am not sure. Possibly green?", "red|blue|green", 2),
    ("A dog barks, so the answer is B", "cat|dog|cow", 1),
    ("I see a cow", "cat|dog|cow", 2),
    ("La respuesta correcta es B", "rojo|azul|verde", 1),
    ("Die Antwort: C", "rot|blau|grün", 2),
    ("Réponse : B", "rouge|bleu|vert", 1),
    ("正确答案是B", "红|蓝|绿", 1),
    ("答案：C", "红|蓝|绿", 2),
    ("選 B", "红|蓝|绿", 1),
    ("답은 B입니다", "a1|b1|c1", 1),
    ("정답: B", "a1|b1|c1", 1),
    ("Правильный ответ: C", "a1|b1|c1", 2),
    ("Ответ — B", "a1|b1|c1", 1),
    ("Odpowiedź: B", "a1|b1|c1", 1),
    ("Svaret är B", "a1|b1|c1", 1),
    ("सही उत्तर B है", "a1|b1|c1", 1),
    ("الإجابة هي B", "a1|b1|c1", 1),
    ("\\boxed{12}", "10|11|12", 2),
    ("$$\\boxed{\\text{C}}$$", "10|11|12", 2),
    ("\\boxed{(B)}", "10|11|12", 1),
    ("\\boxed{\\text{(B) } 11}", "10|11|12", 1),
    ("The answer is $\\frac12$.", "1/2|1/3|1/4", 0),
    ("The answer is 0.5", "1/2|1/3|1/4", 0),
    ("0.50", "1/2|1/3|1/4", 0),
    ("50%", "1/2|1/3|1/4", 0),
    ("one thousand is 1000", "1,000|2,000", 0),
    ("1 000", "1,000|2,000", 0),
    ("12 metres", "12 m|12 cm", 0),
    ("12", "12 m|12 cm", None),
    ("12", "12 m|15 m", 0),
    ("The distance is 12 meters.", "12 m|15 m", 0),
    ("−5", "5|-5", 1),
    ("x = −5", "5|-5", 1),
    ("minus 5", "5|-5", 1),
    ("The final answer is 20, not 16.", "16|20|24", 1),
    ("16 is too small and 24 too big, so 20.", "16|20|24", 1),
    ("4 * 4 = 16, then 16 + 4 = 20", "16|20|24", 1),
    ("4*4=16\n16+4=20\n", "16|20|24", 1),
    ("The answer is 99.", "16|20|24", None),
    ("16. The answer is 99.", "16|20|24", None),
    ("#### 20", "16|20|24", 1),
    ("so #### B", "16|20|24", 1),
    ("The answer is A. Actually, no, the answer is B.", "16|20|24", 1),
    ("A. No wait, B.", "16|20|24", 1),
    ("Answer: A\n\nAnswer: A", "16|20|24", 0),
    ("I first thought A but the answer is C", "16|20|24", 2),
    ("Answer: A, B", "16|20|24", None),
    ("b) 16", "16|20|24", None),
    ("(A) 16\n(B) 20\n(C) 24", "16|20|24", None),
    ("Options: a) 16 b) 20 c) 24. Answer: b", "16|20|24", 1),
    ("<think>A</think>", "16|20|24", None),
    ("<thinking>A</thinking>B", "16|20|24", 1),
    ("<reasoning>The answer is A</reasoning><answer>B</answer>", "16|20|24", 1),
    (
        "<|channel|>analysis<|message|>The answer is A<|end|><|start|>assistant<|channel|>final<|message|>B",
        "16|20|24",
        1,
    ),
    ('{"answer": "B", "confidence": 0.9}', "16|20|24", 1),
    ("{'answer': 'B'}", "16|20|24", 1),
    ("```\nB\n```", "16|20|24", 1),
    ("> B", "16|20|24", 1),
    ("- B", "16|20|24", 1),
    ("Answer:\nB", "16|20|24", 1),
    ("### Answer\n\nB) 20", "16|20|24", 1),
    ("**B**. The reason is that 16 is too small.", "16|20|24", 1),
    ("The answer is **B**: 16 + 4 = 20.", "16|20|24", 1),
    ("So the answer is 16 + 4 = 20.", "16|20|24", 1),
    ("The answer must be B, since A gives 16.", "16|20|24", 1),
    ("A: 16 is wrong\nB: 20 is right\nC: 24 is wrong", "16|20|24", 1),
    ("Choice (C) matches.", "16|20|24", 2),
    ("We get 24. That's option C.", "16|20|24", 2),
    ("The second option.", "red|blue|green", 1),
    ("Option 2", "red|blue|green", 1),
    ("Number 2", "1|2|3", 1),
    ("yes", "yes|no", 0),
    ("No, it does not.", "yes|no", 1),
    ("I have no idea", "yes|no", None),
    ("The answer is no.", "yes|no", 1),
    ("True.", "true|false", 0),
    ("The statement is false.", "true|false", 1),
    ("That's not true.", "true|false", None),
    ("None of the above", "1|2|none of the above", 2),
    ("all of the above", "1|2|all of the above", 2),
    ("Vitamin C is in oranges; the answer is D.", "A1|B1|C1|D1", 3),
    ("The answer is a kite", "a square|a kite", 1),
    ("kite", "a square|a kite", 1),
    ("3 km", "3 km|3 m", 0),
    ("It is 3m.", "3 km|3 m", 1),
    ("8:30", "8:00|8:30", 1),
    ("8.30", "8:00|8:30", None),
    ("$15", "$12|$15", 1),
    ("15 dollars", "$12|$15", 1),
    ("The answer is 15", "$12|$15", 1),
    ("It costs 15.00", "$12|$15", 1),
    ("Paris is the capital of France while Rome is the capital of Italy.", "Paris|Rome", None),
    ("The capital is Paris (not Rome).", "Paris|Rome", 0),
    ("Rome is bigger than Paris. The capital of France is Paris.", "Paris|Rome", 0),
    ("The answer is Paris, the capital of France, not Rome", "Paris|Rome", 0),
    ("Is it Rome? No, it's Paris.", "Paris|Rome", 0),
    ("The answer is E", "Paris|Rome", None),
    ("I would eliminate A and C. That leaves B.", "Paris|Rome|Bern", 1),
    ("It's between A and B, but B fits better.", "Paris|Rome|Bern", None),
    ("Everything but C is false.", "Paris|Rome|Bern", 2),
    ("The answer isn't A.", "Paris|Rome|Bern", None),
    ("The answer is not A, it is B.", "Paris|Rome|Bern", 1),
    ("The answer is b!", "Paris|Rome|Bern", 1),
    ("Ans: c", "Paris|Rome|Bern", 2),
    ("answer=c", "Paris|Rome|Bern", 2),
    ("Final: C", "Paris|Rome|Bern", 2),
    ("C.", "Paris|Rome|Bern", 2),
    ("c", "Paris|Rome|Bern", 2),
    ('"c"', "Paris|Rome|Bern", 2),
    ("Antwort C", "Paris|Rome|Bern", 2),
    ("Ⓒ", "Paris|Rome|Bern", 2),
    ("（Ｂ）", "Paris|Rome|Bern", 1),
    ("Sodium (Na) has 11 electrons, so it is a metal.", "metal|gas", 0),
    ("dark red", "red|dark red", 1),
    ("It's dark red.", "red|dark red", 1),
    ("reddish", "red|blue", None),
    ("The answer is 2e3", "2000|200", 0),
    ("10^3", "1000|100", 0),
    ("10³", "103|1000", 1),
    ("10²", "102|100", 1),
    ("3/4", "0.75|4/3", 0),
    ("75 %", "0.75|4/3", 0),
    ("1 1/2", "1.5|11/2", 0),
    ("1½", "1.5|11/2", 0),
    ("The answer is 3,5", "3,5|35", 0),
    ("3.5", "3,5|35", 0),
    ("35", "3.5|35", 1),
    ("1.000", "1000|1", 1),
    ("-12", "12|-12", 1),
    ("12", "12|-12", 0),
    ("answer: -12", "12|-12", 1),
    ("the answer is − 12", "12|-12", 1),
]


@pytest.mark.parametrize(("text", "choices", "option"), CASES)
def test_a_text_is_read_as_a_reader_would(text: str, choices: str, option: int | None) -> None:
    reading = read_option(text, choices.split("|"))
    assert reading.choice == option, reading.how
    assert reading.how.startswith("unparsed: ") is (option is None)


SPELLED = [
    ("A", "text", 1), ("A", "letter", 0), ("The answer is A", "text", 1), ("The answer is A", "letter", 0),
    ("**C**", "text", 2), ("**B**", "letter", 1), ("\\boxed{A}", "letter", 0), ("(b)", "text", 0), ("(b)", "letter", 1),
    ("<think>C</think>A", "letter", 0), ("Answer: B", "text", 0), ("Answer: B", "letter", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "first", "option"), SPELLED)
def test_a_student_s_setting_says_what_is_looked_for_first(text: str, first: First, option: int) -> None:
    question = Question(id="q", prompt="?", form=Options(choices=("B", "A", "C")))
    behind = ApiStudents(answers=first).answerer(Seat(name="s", number=0, seed=0))
    for student in (Student(name="s", mode="generate", answers=first), behind):
        (answer,) = student.read([question], [Completion(text=text, tokens=1)], model_version="v")
        assert answer.choice == option and text.endswith(answer.text)


@pytest.mark.parametrize(
    ("text", "how", "thoughts"),
    [
        ("12", "the option's text", 0),
        ("<think>15</think>12.0", "the option's value", 17),
        ("The answer is (b).", "after 'answer is'", 0),
        ("so \\boxed{12}", "boxed", 0),
        ("I see 12 of them", "the only option named", 0),
        ("Answer: 12\nAnswer: 15", "unparsed: two final claims, 12 and 15", 0),
        ("12 and 15", "unparsed: several options are named and no final statement", 0),
        ("<think>12", "unparsed: nothing but thoughts", 9),
    ],
)
def test_a_reading_says_how_it_came_about(text: str, how: str, thoughts: int) -> None:
    reading = read_option(text, ("12", "15"))
    assert (reading.how, reading.thoughts) == (how, thoughts)


@pytest.mark.parametrize(
    ("choices", "reference", "index"),
    [(("1/2", "0.5"), "0.5", 1), (("1/2", "2"), "0.5", 0), (("red", "blue"), "b", 1), (("red", "blue"), "green", None)],
)
def test_a_reference_is_found_by_text_before_value_and_letter(
    choices: tuple[str, ...], reference: str, index: int | None
) -> None:
    question = Question(id="q", prompt="", form=Options(choices=choices), key=Reference(answer=reference))
    assert reference_index(question) == index
