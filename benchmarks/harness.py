"""The lm-evaluation-harness side of the scoring benchmark, run by an interpreter that has it.

python -m benchmarks.harness JOB REPLY: JOB and REPLY are JSON files, see `scoring.py`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any


def main(job_file: Path, reply_file: Path) -> None:
    """Score every set of the job with the harness's own Hugging Face model."""
    from lm_eval.models.huggingface import HFLM  # type: ignore[import-not-found]  # lives in an environment of its own

    job = json.loads(job_file.read_text(encoding="utf-8"))
    reply = {}
    for name, found in job["ways"].items():
        seconds = {}
        for size in job["batch_sizes"]:
            model = HFLM(pretrained=job["model"], device="cpu", dtype=job["dtype"], batch_size=size)
            score(model, found["warm_up"])
            seconds[size] = score(model, found["trial"])[0]
        best = min(seconds, key=lambda size: seconds[size])
        model = HFLM(pretrained=job["model"], device="cpu", dtype=job["dtype"], batch_size=best)
        score(model, found["warm_up"])
        measured = [score(model, questions) for questions in found["sets"]]
        reply[name] = {"batch_size": best, "trial_seconds": seconds, "measured": measured}
    reply_file.write_text(json.dumps(reply), encoding="utf-8")


def score(model: Any, questions: list[tuple[str, list[str]]]) -> tuple[float, list[list[float]]]:
    """Return the seconds and each question's continuation log-probabilities (Any: the harness is untyped)."""
    from lm_eval.api.instance import Instance  # type: ignore[import-not-found]

    began = time.perf_counter()
    requests = [
        Instance(request_type="loglikelihood", doc={}, arguments=(context, continuation), idx=index)
        for context, continuations in questions
        for index, continuation in enumerate(continuations)
    ]
    answers = iter(model.loglikelihood(requests, disable_tqdm=True))
    found = [[float(next(answers)[0]) for _ in continuations] for _, continuations in questions]
    return time.perf_counter() - began, found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
