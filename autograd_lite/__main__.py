"""``python -m autograd_lite``: the main job, and the commands."""

import argparse
import sys
from collections.abc import Callable, Sequence

from autograd_lite import errors
from autograd_lite.apps import doctor, perceptron, support
from autograd_lite.check import command
from autograd_lite.version import __version__

COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int | None], str]] = {
    "perceptron": (perceptron.main, "derive, check and draw the document's perceptron; what is done without a command"),
    "check": (command.main, "compare the derivatives of a function with finite differences"),
    "supported": (support.main, "say which functions of NumPy have a derivative, and what is refused"),
    "doctor": (doctor.main, "say what computes here, which extras are there, and what would make it faster"),
}


def _parser() -> argparse.ArgumentParser:
    """Return what answers ``--help`` and ``--version``; each command has a parser of its own for the rest."""
    lines = [f"  {name:<12}{says}" for name, (_, says) in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m autograd_lite",
        usage="%(prog)s [-h] [--version] [command] ...",
        description="Automatic differentiation of NumPy code.",
        epilog="\n".join(["commands:", *lines, "", "%(prog)s COMMAND --help tells what a command takes."]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"autograd_lite {__version__}")
    return parser


def main(argv: Sequence[str]) -> int | None:
    """Carry out a command, and return the exit status."""
    if argv and argv[0] in COMMANDS:
        return COMMANDS[argv[0]][0](argv[1:])
    parser = _parser()
    _, rest = parser.parse_known_args(argv)
    if rest and not rest[0].startswith("-"):
        parser.error(errors.NO_COMMAND.format(name=rest[0], known=", ".join(COMMANDS)))
    return COMMANDS["perceptron"][0](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
