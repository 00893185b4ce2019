"""The cache of machine code that an edit can never fool.

numba's own cache watches the file of the compiled function alone. A kernel here is made of
functions from several files, so its cache folder carries a digest of its file and of every file
that this one imports, directly or not: an edit of any of them selects an empty folder, and a second
process finds the first one's code.
"""

import hashlib
import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import ClassVar

import numba
from numba.core import caching

from ._symbols import provide, symbols

_KEPT_FOLDERS = 4  # digests kept beside the newest one, so that branches do not evict each other

# A parse of each file would take a tenth of a second at every start; a line in a comment or a
# docstring that looks like an import does no harm.
_IMPORT = re.compile(r"^ *from (\.+)([\w.]*) import (?:\(([^)]*)\)|([^\n(]*))", re.MULTILINE)
_NAME = re.compile(r"\w+")


@cache
def _imported(path):
    """Files of this package that a source file imports."""
    found = set()
    for dots, module, *names in _IMPORT.findall(path.read_text()):
        folder = path.parents[len(dots) - 1] / module.replace(".", "/")
        found |= {folder / f"{name}.py" for name in _NAME.findall("".join(names))}
        found |= {folder.with_suffix(".py"), folder / "__init__.py"}
    return frozenset(file for file in found if file.is_file())


@cache
def digest(path):
    """Hexadecimal digest of a source file and of all that it imports from this package."""
    sources, new = set(), {Path(path), *Path(__file__).parent.glob("*.py")}
    while new:
        sources |= new
        new = set().union(*map(_imported, new)) - sources
    text = b"\0".join(source.read_bytes() for source in sorted(sources))
    return hashlib.sha256(text).hexdigest()[:16]


class _DigestFolder:
    """Mixin of numba's cache locators: a folder named by source file and digest."""

    def __init__(self, function, source):
        super().__init__(function, source)
        name = f"flownet-{Path(source).stem}-{digest(source)}"
        self._cache_path = os.path.join(self._cache_path, name)

    def ensure_cache_path(self):
        if not os.path.isdir(self._cache_path):
            _prune(Path(self._cache_path))
        super().ensure_cache_path()


def _prune(new):
    """Drop all but the newest few folders of the same source file."""
    if new.parent.is_dir():
        old = sorted(new.parent.glob(f"{new.name.rpartition('-')[0]}-*"), key=os.path.getmtime)
        for path in old[:-_KEPT_FOLDERS]:
            shutil.rmtree(path, ignore_errors=True)


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


class KernelCache(caching.FunctionCache):
    _impl_class = _KernelCacheImpl

    def _index_key(self, signature, codegen):
        """Types and processor; the digest stands for the code, closures included."""
        return signature, codegen.magic_tuple()
