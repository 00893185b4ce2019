"""The cache of machine code that an edit can never fool.

numba's own cache watches the file of the compiled function alone. A kernel here is made of
functions from several files, so its cache folder carries a digest of its file, of every file that
this one imports, directly or not, of those of the functions that a closure was given, and of those
that define the named tuples which kernels take: an edit of any of them selects an empty folder, and
a second process finds the first one's code.

Files carry a checksum: what was cut or damaged is compiled again. Where nothing can be written,
kernels are compiled for this process alone.
"""

import hashlib
import inspect
import os
import pickle
import re
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import ClassVar

import numba
from numba.core import caching
from numba.core.runtime import rtsys
from xxhash import xxh3_64_digest

from ._symbols import provide, symbols

_said = []  # why kernels are not kept
_KEPT_FOLDERS = 4  # digests kept beside the newest one, so that branches do not evict each other

# A parse of each file would take a tenth of a second at every start; a line in a comment or a
# docstring that looks like an import does no harm.
_IMPORT = re.compile(r"^ *from (\.+)([\w.]*) import (?:\(([^)]*)\)|([^\n(]*))", re.MULTILINE)
_NAME = re.compile(r"\w+")


@cache
def _imported(path):
    """Files of this package that a source file imports."""
    found = set()
    for dots, module, *names in _IMPORT.findall(path.read_text("utf-8")):
        folder = path.parents[len(dots) - 1] / module.replace(".", "/")
        found |= {folder / f"{name}.py" for name in _NAME.findall("".join(names))}
        found |= {folder.with_suffix(".py"), folder / "__init__.py"}
    return frozenset(file for file in found if file.is_file())


@cache
def _told():
    """Files whose named tuples kernels are told things in, whoever imports them.

    A kernel is compiled for the places of their fields, and is handed them by its callers.
    """
    kernels = Path(__file__).parents[1] / "kernels"
    files = (
        path for room in ("layout", "scalar", "cpu") for path in (kernels / room).rglob("*.py")
    )
    return {path for path in files if b"namedtuple(" in path.read_bytes()}


def _given(function):
    """Files of the functions that a closure was given, and of those that these were given.

    Separate kernels, which have caches of their own, are none of them.
    """
    for cell in function.__closure__ or ():
        held = cell.cell_contents
        if isinstance(held, numba.core.dispatcher.Dispatcher):
            held = held.py_func
        if inspect.isfunction(held):
            yield Path(inspect.getsourcefile(held))
            yield from _given(held)


@cache
def digest(*paths):
    """Hexadecimal digest of source files, of all that they import, and of what they are told in."""
    # what names CUDA is imported by the kernels that it concerns
    of_compiler = set(Path(__file__).parent.glob("*.py")) - set(
        Path(__file__).parent.glob("_cuda*")
    )
    sources, new = set(), {*map(Path, paths), *of_compiler, *_told()}
    while new:
        sources |= new
        new = set().union(*map(_imported, new)) - sources
    return hashlib.sha256(b"".join(map(_digest_of, sorted(sources)))).hexdigest()[:16]


@cache
def _digest_of(path):
    """Digest of one source file, of which many kernels are made."""
    return hashlib.sha256(path.read_bytes()).digest()


class _DigestFolder:
    """Mixin of numba's cache locators: a folder named by source file and digest."""

    def __init__(self, function, source):
        super().__init__(function, source)
        files = sorted({Path(source), *_given(function)})
        name = f"flownet-{Path(source).stem}-{digest(*files)}"
        self._cache_path = os.path.join(self._cache_path, name)

    def ensure_cache_path(self):
        if not os.path.isdir(self._cache_path):
            _prune(Path(self._cache_path))
        super().ensure_cache_path()


def _prune(new):
    """Drop all but the newest few folders of the same source file."""
    if new.parent.is_dir():
        old = sorted(new.parent.glob(f"{new.name.rpartition('-')[0]}-*"), key=_age)
        for path in old[:-_KEPT_FOLDERS]:
            shutil.rmtree(path, ignore_errors=True)


def _age(path):
    """Time of the last change, 0 of a folder that another process has dropped meanwhile."""
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0


class _UserProvided(_DigestFolder, caching.UserProvidedCacheLocator):
    pass


class _InTree(_DigestFolder, caching.InTreeCacheLocator):
    pass


class _UserWide(_DigestFolder, caching.UserWideCacheLocator):
    pass


class _KernelCacheImpl(caching.CompileResultCacheImpl):
    """Keeps with the machine code the list of separately compiled kernels that it calls."""

    _locator_classes: ClassVar = [_UserProvided, _InTree, _UserWide]

    def reduce(self, compiled):
        called = [f.name for f in compiled.library._final_module.functions if f.name in symbols]
        return [symbols[name] for name in called], super().reduce(compiled)

    def rebuild(self, target_context, payload):
        called, compiled = payload
        numba.get_num_threads()  # starts the threading layer: the code may call its symbols
        for key, kinds in called:
            provide(key, kinds)
        return super().rebuild(target_context, compiled)


class _Damaged(OSError):
    """A file of the cache is not what was written."""


class _CheckedFiles(caching.IndexDataCacheFile):
    """numba's index and data files, each behind a checksum.

    A data file is named by its key: processes that compile at once never write two kernels into one
    file, and a lost line of the index is compiled again.
    """

    def save(self, key, data):
        name = self._data_name(int(hashlib.sha256(repr(key).encode()).hexdigest()[:12], 16))
        self._save_data(name, data)
        self._save_index({**self._load_index(), key: name})

    def _load_index(self):
        try:
            version, stamp, names = self._read(self._index_path)
        except OSError:
            return {}
        return names if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_index(self, names):
        self._write(self._index_path, (self._version, self._source_stamp, names))

    def _load_data(self, name):
        return self._read(self._data_path(name))

    def _save_data(self, name, data):
        self._write(self._data_path(name), data)

    def _read(self, path):
        content = memoryview(Path(path).read_bytes())
        if content[:8] != xxh3_64_digest(content[8:]):
            raise _Damaged(path)
        return pickle.loads(content[8:])

    def _write(self, path, content):
        dumped = self._dump(content)
        with self._open_for_write(path) as file:
            file.write(xxh3_64_digest(dumped))
            file.write(dumped)


class KernelCache(caching.FunctionCache):
    _impl_class = _KernelCacheImpl

    def __init__(self, function):
        super().__init__(function)
        self._cache_file = _CheckedFiles(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, signature, target_context):
        """Code from the disk, which asks nothing of what numba knows of types and functions.

        numba would get all of that first, a third of a warm start; who compiles gets it anyway.
        """
        rtsys.initialize(target_context)
        return self._load_overload(signature, target_context)

    def _index_key(self, signature, codegen):
        """Types and processor; the digest stands for the code, closures included."""
        return signature, codegen.magic_tuple()

    def save_overload(self, signature, data):
        """Keep the code, or go on without where the disk is full or the folder gone."""
        try:
            super().save_overload(signature, data)
        except OSError as error:
            _go_on_uncached(f"{error.strerror or error} in {self._cache_path}")


class _NoCache(caching.NullCache):
    """Of a kernel for which there is no folder."""

    def save_overload(self, signature, data):
        _go_on_uncached("neither flownet's folder nor the user's cache can be written")


def _go_on_uncached(why):
    """Say once why every process compiles anew: to whoever reads logs, too."""
    if not _said:
        _said.append(why)
        print(
            f"flownet: kernels are not kept, and compiled again by the next process: {why}. "
            "NUMBA_CACHE_DIR may name a folder for them.",
            file=sys.stderr,
        )


def cache_of(function):
    """Where the machine code of a kernel is kept."""
    try:
        return KernelCache(function)
    except RuntimeError:  # numba found no folder that it may write to
        return _NoCache()
