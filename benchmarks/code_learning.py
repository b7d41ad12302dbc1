"""Claim: by BTP, held-out pass@1 rises by 20 points or more within 6 turns, whatever the checkpoint.

`--models` names the pretrained coders (the shipped one and others of its pretraining script); each is played over 5
seeds of scenarios/btp_code.yaml and measured on 100 held-out tasks, five programs each at temperature 1, hidden tests
too. About 2 minutes a checkpoint on two quiet cores.
"""

from benchmarks import learning, record

if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--models", nargs="+", default=["embedded/coder"], help="checkpoints (in place of --model)")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--questions", type=int, default=100)
    parser.set_defaults(scenario="btp_code", picture="code_learning.png", chance=None)
    record.run("code_learning", parser, learning.measure)
