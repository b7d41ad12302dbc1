"""The pages to read a run in: one set of templates, served by `view`, written by `view --bundle` and by `run`."""
