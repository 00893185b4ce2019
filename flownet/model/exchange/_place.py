"""Where a file is read from or goes to: what is wrong with it is one line."""

from contextlib import contextmanager
from pathlib import Path

from ..._errors import FlownetError
from ..._file_path import file_path


def free(path, overwrite):
    """The path of a file to write; one that is there is replaced on demand alone."""
    path = Path(file_path("the file", path))
    if path.exists() and not (overwrite and path.is_file()):
        raise FlownetError(f"{path} exists; overwrite=True replaces a file.")
    return path


@contextmanager
def whole(path):
    """A path to write to, whose file takes its place when all of it is there."""
    beside = path.with_name(path.name + ".part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def there(path):
    """The path of a file to read."""
    path = Path(file_path("the file", path))
    if not path.is_file():
        raise FlownetError(f"there is no file {path}.")
    return path


@contextmanager
def naming(path, *errors):
    """Block whose errors become one line that names the file."""
    try:
        yield
    except FlownetError as error:
        raise FlownetError(f"{path}: {error}") from None
    except (OSError, *errors) as error:
        text = " ".join(str(error).split())
        raise FlownetError(f"{path}: {text[:200] or type(error).__name__}") from None
