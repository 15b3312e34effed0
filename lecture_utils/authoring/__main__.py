"""`python -m lecture_utils.authoring`: read the arguments and call the command they name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lecture_utils.authoring.project import AuthoringError, choose, find_pairs, find_root
from lecture_utils.authoring.stamp import is_untouched

NOTEBOOKS_HELP = """\
Pair notebooks/*.ipynb with notebooks/py/*.py, execute them in fresh kernels with one thread, and write both files
in their normal form. The edited side of a pair counts; when both were edited and disagree, nothing is written until
--from says which. The output of a cell tagged nbval-ignore-output is kept while its code and all code before it are
unchanged. A cell that fails, warns on stderr, prints a memory address or is empty stops its notebook."""
EXPERIMENTS_HELP = """\
Measure every experiment of lecture_utils/experiments that has no figures in notebooks/results/, or figures of other
code, settings, seeds or question, seed after seed with one thread; delete figures that belong to no experiment.
Figures of seeds that are still good are kept. Ctrl-C keeps the seeds that are complete."""
CHECKPOINTS_HELP = """\
Train every model of lecture_utils/models/trained.py that has no file in notebooks/checkpoints/, or one of other code or
settings, for a fixed number of steps with one thread, and measure it on held-out text; delete files that belong to no
model. With --refresh, the figure has to come out as it stands in the file, within the stated tolerance."""
EXIT_CODES = "Exit status: 0 done or up to date, 1 something failed or is stale, 2 wrong arguments."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return 1 if options.command(options) else 0
    except AuthoringError as error:
        print(f"authoring: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lecture_utils.authoring",
        description="Regenerate what is generated: executed notebooks, figures, results of experiments, models.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_notebooks(commands.add_parser("notebooks", help="pair, execute and normalise the notebooks"))
    figures = commands.add_parser("figures", help="draw every figure of the catalogue into img/")
    figures.description = "Write every figure and img/README.md; delete figures that nothing draws any more."
    figures.add_argument("--check", action="store_true", help="list missing, stale and orphaned files, write nothing")
    figures.set_defaults(command=_figures)
    _add_experiments(commands.add_parser("experiments", help="measure what the notebooks report from several seeds"))
    _add_checkpoints(commands.add_parser("checkpoints", help="train the small models that are kept in files"))
    return parser


def _add_notebooks(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = NOTEBOOKS_HELP, EXIT_CODES
    parser.add_argument("names", nargs="*", metavar="NOTEBOOK", help="02, 02_forward_pass or a path (default: all)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="list what is stale, without running or writing anything")
    mode.add_argument("--sync", action="store_true", help="only make the two files of each pair agree; run nothing")
    mode.add_argument("--refresh", action="store_true", help="renew the kept outputs too")
    parser.add_argument("--from", dest="side", choices=["py", "ipynb"], help="the side of the pair that counts")
    parser.set_defaults(command=_notebooks)


def _add_experiments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = EXPERIMENTS_HELP, EXIT_CODES
    parser.add_argument("names", nargs="*", metavar="NAME", help="recall, or the path of its file (default: all)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="list missing, stale, incomplete and orphaned results")
    mode.add_argument("--refresh", action="store_true", help="measure everything again")
    parser.set_defaults(command=_experiments)


def _add_checkpoints(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = CHECKPOINTS_HELP, EXIT_CODES
    parser.add_argument("names", nargs="*", metavar="NAME", help="tunes, or the path of its file (default: all)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="list missing, stale, oversized and orphaned files")
    mode.add_argument("--refresh", action="store_true", help="train everything again and compare the figures")
    parser.set_defaults(command=_checkpoints)


def _notebooks(options: argparse.Namespace) -> int:
    pairs = choose(find_pairs(find_root(Path.cwd())), options.names)
    if options.sync and all(map(is_untouched, pairs)):
        return 0  # without the second that the imports below take
    from lecture_utils.authoring import notebooks, syncing
    from lecture_utils.authoring.pairing import Verdict

    side = Verdict(options.side) if options.side else None
    if options.check:
        return notebooks.check(pairs, _say)
    if options.sync:
        return syncing.run([pair for pair in pairs if not is_untouched(pair)], _say, side)
    return notebooks.run(pairs, _say, refresh=options.refresh, side=side)


def _figures(options: argparse.Namespace) -> int:
    from lecture_utils.authoring import figures

    command = figures.check if options.check else figures.run
    return command(find_root(Path.cwd()), _say, figures.catalogue())


def _experiments(options: argparse.Namespace) -> int:
    from lecture_utils.authoring import experiments

    root = find_root(Path.cwd())
    if options.check:
        return experiments.check(root, _say, options.names)
    return experiments.run(root, _say, options.names, refresh=options.refresh)


def _checkpoints(options: argparse.Namespace) -> int:
    from lecture_utils.authoring import checkpoints

    root = find_root(Path.cwd())
    if options.check:
        return checkpoints.check(root, _say, options.names)
    return checkpoints.run(root, _say, options.names, refresh=options.refresh)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
