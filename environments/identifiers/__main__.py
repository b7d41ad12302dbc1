"""Make identifiers of a record's items and write index.json, or report on those that exist; nothing else is trained.

    python -m environments.identifiers --rows embedded --method rq_kmeans --out index.json
    python -m environments.identifiers --rows ../shared/data/minionerec_amazon18
    python -m environments.identifiers --rows PATH --index index.json

Without a method and an index the identifiers that came with the record are reported on. The budget is a number of steps
and a seed, so a run can be repeated.
"""

import argparse
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path
from string import ascii_lowercase

from environments.identifiers.assignment import Repair, as_codes, identifiers, repaired
from environments.identifiers.clusters import Floats, residual_levels
from environments.identifiers.features import BEHAVIOUR_WEIGHT, DIMENSIONS
from environments.identifiers.index_files import read_index, unmatched, write_index
from environments.identifiers.records import EMBEDDED, record
from simulation.core.errors import USER_ERROR, DataError, SimulationError
from simulation.core.seeding import generator

METHODS = ("rq_kmeans", "balanced", "rq_vae", "rq_kmeans_plus")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; an error of the user is one line on stderr and exit code 2."""
    try:
        sys.stdout.write("\n".join(lines(parsed(arguments))) + "\n")
    except SimulationError as error:
        sys.stderr.write(f"{error}\n")
        return USER_ERROR
    return 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says."""
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m environments.identifiers", description=summary)
    parser.add_argument("--rows", default=EMBEDDED, help="a record's path, or the embedded shop")
    parser.add_argument("--method", choices=METHODS, help="how to make identifiers")
    parser.add_argument("--out", type=Path, help="where to write them")
    parser.add_argument("--index", type=Path, help="report on this index.json instead")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--size", type=int, nargs="+", default=[32], help="codes of every level, or of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1000, help="of rq_vae and rq_kmeans_plus")
    parser.add_argument("--behaviour", type=float, default=BEHAVIOUR_WEIGHT, help="weight beside text; 0: text alone")
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS, help="of text, and of behaviour")
    options = parser.parse_args(arguments)
    if bool(options.method) != bool(options.out) or (options.method and options.index):
        parser.error("give --method with --out to make identifiers, or --index alone to report on some")
    return options


def lines(options: argparse.Namespace) -> list[str]:
    """Do what is asked and return the report's lines."""
    refuse_odd(options)
    shop = record(options.rows, seed=options.seed)
    if options.index:
        index = read_index(options.index)
        notices = unmatched(index, shop.items, str(options.index))
        return [*notices, *shop.report([index.get(item, ()) for item in shop.items]).lines()]
    if not options.method:
        if shop.codes is None:
            raise DataError(f"{shop.source} comes without identifiers; give --method and --out, or --index")
        return shop.report(shop.codes).lines()
    if len(options.size) == 1:
        options.size = options.size * options.levels
    features_NF = shop.features(behaviour=options.behaviour, dimensions=options.dimensions)
    repair = assigned(features_NF, options)
    codes = as_codes(repair.codes_NL)
    write_index(options.out, shop.items, codes)
    return [
        f"{options.method}: {repair.collisions_before} items shared an identifier, {repair.collisions_left} still do",
        *shop.report(codes, size=options.size).lines(),
        f"written: {options.out}",
    ]


def refuse_odd(options: argparse.Namespace) -> None:
    """Refuse what no method can do, before it takes any time; raises DataError."""
    levels = len(ascii_lowercase)
    for name, value, is_good, remedy in (
        ("seed", options.seed, options.seed >= 0, "a whole number from 0"),
        ("levels", options.levels, 1 <= options.levels <= levels, f"1 to {levels}"),
        ("steps", options.steps, options.steps >= 1, "a whole number from 1"),
        ("behaviour", options.behaviour, 0 <= options.behaviour < inf, "a number from 0, which is text alone"),
        ("dimensions", options.dimensions, options.dimensions >= 1, "a whole number from 1"),
    ):
        if not is_good:
            raise DataError(f"--{name} {value} makes no identifiers; give {remedy}")
    if options.out and (options.out.is_dir() or not options.out.parent.is_dir()):
        what = "is a folder" if options.out.is_dir() else "lies in no folder that is there"
        raise DataError(f"--out {str(options.out)!r} {what}; name a file, such as index.json")


def assigned(features_NF: Floats, options: argparse.Namespace) -> Repair:
    """Return the identifiers that a method makes."""
    stream = generator(options.seed, 0, 0, "identifiers")
    if options.method == "rq_kmeans":
        return identifiers(features_NF, options.levels, options.size, generator=stream)
    if options.method == "balanced":
        from environments.identifiers.balanced import balanced_k_means

        levels = residual_levels(features_NF, options.levels, options.size, stream, balanced_k_means)
        return repaired(levels.codes_NL, features_NF, options.size[-1])
    from environments.identifiers.autoencoder import Recipe, train

    if len(set(options.size)) > 1:
        raise DataError(f"{options.method} has one size for all levels, not {options.size}; give one")
    skip = options.method == "rq_kmeans_plus"
    recipe = Recipe(levels=options.levels, size=options.size[0], skip=skip, steps=options.steps)
    return train(features_NF, recipe, stream).repair


if __name__ == "__main__":
    sys.exit(main())
