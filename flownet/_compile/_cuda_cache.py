"""Machine code of CUDA kernels kept on disk, as that of the CPU's: an edit can never fool it.

numba-cuda's own cache, in folders that carry the digest of a kernel's file and of all that it
imports. Kernels come from factories: beside its types each is known by what it was made for. What
cannot be read or written is compiled.
"""

from importlib.metadata import version
from typing import ClassVar

from numba.cuda.core import caching
from numba.cuda.dispatcher import CUDACache, CUDACacheImpl

from ._cache import _DigestFolder


class _UserProvided(_DigestFolder, caching._UserProvidedCacheLocator):
    pass


class _InTree(_DigestFolder, caching._InTreeCacheLocator):
    pass


class _UserWide(_DigestFolder, caching._UserWideCacheLocator):
    pass


class _Impl(CUDACacheImpl):
    _locator_classes: ClassVar = [_UserProvided, _InTree, _UserWide]


class KernelCache(CUDACache):
    """Cache of one kernel.

    Parameters
    ----------
    function : function
        What its factory made.
    made_for : tuple
        What it was made for: a real type and a variant.
    """

    _impl_class = _Impl

    def __init__(self, function, made_for):
        self._made_for = repr(made_for)
        super().__init__(function)

    def _index_key(self, signature, codegen):
        """Types, processor, what it was made for and by; the digest stands for the code."""
        key = signature, codegen.magic_tuple(), self._made_for, version("numba-cuda")
        shape = self._launch_config_key  # of kernels whose code depends on the launch
        return key if shape is None else (*key, ("launch_config", shape))

    def load_overload(self, signature, target_context):
        """The kernel, or None: then it is compiled."""
        try:
            return super().load_overload(signature, target_context)
        except Exception:  # cut, damaged, or of another version: whatever it is
            return None

    def save_overload(self, signature, data):
        """Keep a kernel, or go on without."""
        try:
            super().save_overload(signature, data)
        except Exception:  # a full disk, or what cannot be pickled: it stays in this process
            return


def keep(dispatcher, function, made_for):
    """Let a dispatcher keep its kernels on disk, where there is a folder for them."""
    try:
        dispatcher._cache = KernelCache(function, made_for)
    except RuntimeError:  # no folder that may be written to
        return
