"""What the shell tells: reports on standard output, and mistakes in one line."""

import errno
import os
import sys
from contextlib import contextmanager

import click

from .._encoding import printable
from .._errors import FlownetError


def say(what):
    """Print a report, or a line, in letters that standard output has."""
    if sys.stdout is None:  # whoever started this has closed it
        raise OSError(errno.EBADF, "standard output is closed")
    click.echo(printable(str(what)))


@contextmanager
def answering():
    """Block that ends the process: exit code 2 and one line on standard error for a mistake."""
    try:
        with _telling():
            yield
    except OSError as error:  # a full disk behind `> file`; of others the name is known
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to print goes nowhere
        _fail(f"{error.filename or 'cannot print'}: {error.strerror}.")


@contextmanager
def _telling():
    try:
        yield
        _print_all()
        sys.exit(0)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        _print_all()
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except FlownetError as error:
        _fail(str(error))
    except MemoryError as error:
        _fail(f"the memory is full{': ' if str(error) else ''}{error}.")
    except (KeyboardInterrupt, click.Abort):
        _fail("stopped; what was recorded stays, and `flownet resume` goes on from there.", 130)


def _print_all():
    if sys.stdout is not None:
        sys.stdout.flush()


def _fail(line, code=2):
    if sys.stderr is not None:  # else there is nobody to tell
        print(printable(f"flownet: {line}", sys.stderr), file=sys.stderr)
    sys.exit(code)
