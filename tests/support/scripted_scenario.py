"""A scenario file that needs no model: the roles of `tests/support/scripted.py`, named as a user names his own."""

GOOD = """\
# A scenario that needs no model.
name: tiny
seed: 3
turns: 4
environment: {name: "tests.support.scripted:TinyEnvironment", held: 20}
students:
  name: tests.support.scripted:ScriptedStudents
  count: 2
teacher: tests.support.scripted:ScriptedJudge
ask: {policy: random, questions: 6, candidates: 30}
learn:
  trainer: {name: "tests.support.scripted:ScriptedTrainer", learning_rate: 1e-1}
  policy: mistakes
evaluate: {every: 2, questions: 20}
"""
