"""A scenario file that needs no model: the roles of `tests/scripted.py`, named as a user names his own."""

GOOD = """\
# A scenario that needs no model.
name: tiny
seed: 3
turns: 4
environment: {name: "tests.scripted:TinyEnvironment", held: 20}
students:
  name: tests.scripted:ScriptedStudents
  count: 2
teacher: tests.scripted:ScriptedJudge
ask: {policy: random, questions: 6, candidates: 30}
learn:
  trainer: {name: "tests.scripted:ScriptedTrainer", learning_rate: 1e-1}
  policy: mistakes
evaluate: {every: 2, questions: 20}
"""
