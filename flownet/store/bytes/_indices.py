"""HDF5's own indices, looked at without HDF5: do they say what every HDF5 writes?

HDF5 believes the sizes that an index says of itself. It asks for nodes of 4 GB and, where there is
no room for them, frees some of its memory twice, of which it dies at another file; it reads as many
records as it is told of, beyond the end of a node. No program can set these numbers: HDF5 writes
the same ones since 1.8, and since 1.10 in the indices of blocks. Others under a right checksum were
made to do harm; what has a wrong one HDF5 refuses itself, if it reads it at all.
"""

import struct
from collections import namedtuple

from ..._errors import FlownetError
from ._superblock import lookup3

NO_PLACE = (1 << 64) - 1  # of what there is none of
_DEEPEST = 8  # levels of a B-tree: more than any number of links or blocks takes
_BESIDE = 10  # bytes of a node of a B-tree that are no records

#: what a header is, how it begins, and what is between that and its checksum
_Form = namedtuple("_Form", "what signature fields words")
_TREE = _Form(
    "B-tree",
    b"BTHD",
    struct.Struct("<BBIHHBBQHQ"),
    "version kind node_size record_size depth split_percent merge_percent root root_records "
    "records",
)
_HEAP = _Form(
    "heap",
    b"FRHP",
    struct.Struct("<BHHBIQQQQQQQQQQQQHQQHHQH"),
    "version id_size filter_size flags largest_managed next_huge huge free_size free size written "
    "next_block objects huge_size huge_objects tiny_size tiny_objects width block_size "
    "largest_block bits_of_a_place first_rows root rows",
)
_SPACE = _Form(
    "list of free space",
    b"FSHD",
    struct.Struct("<BBQQQQHHHHQQQQ"),
    "version kind total sections written ghosts kinds shrink_percent grow_percent bits_of_a_place "
    "largest_section place used size",
)
_EXTENSIBLE = _Form(
    "array of blocks",
    b"EAHD",
    struct.Struct("<BBBBBBBBQQQQQQQ"),
    "version kind element_size bits_of_a_number first_elements least_elements least_pointers "
    "bits_of_a_page upper upper_size lower lower_size most elements root",
)
_FIXED = _Form(
    "array of blocks",
    b"FAHD",
    struct.Struct("<BBBBQQ"),
    "version kind element_size bits_of_a_page elements root",
)
_FILTERED = 12  # bytes before the checksum of a heap with filters, beside what it says of these

#: kinds of B-trees: bytes of a record and of a node
_RECORDS = {1: (24, 512), 5: (11, 512), 6: (15, 512), 8: (17, 512), 9: (13, 512)}
_HUGE, _LINKS, _LINKS_IN_ORDER, _ATTRIBUTES, _ATTRIBUTES_IN_ORDER = _RECORDS
_BLOCKS, _NODE_OF_BLOCKS = 10, 2048


def look_at_links(flat, heap, names, in_order=NO_PLACE):
    """Refuse an index of a group's links that HDF5 would not have written.

    Parameters
    ----------
    flat : FlatFile
    heap, names, in_order : int
        Where the heap and the B-trees by name and by order begin; `NO_PLACE` of one that is not.

    Raises
    ------
    FlownetError
    """
    _look_at_heap(flat, heap, 7, 512, 32)
    _look_at_tree(flat, names, _LINKS)
    _look_at_tree(flat, in_order, _LINKS_IN_ORDER)


def look_at_attributes(flat, heap, names, in_order=NO_PLACE):
    """Likewise of the attributes of a group or data set."""
    _look_at_heap(flat, heap, 8, 1024, 40)
    _look_at_tree(flat, names, _ATTRIBUTES)
    _look_at_tree(flat, in_order, _ATTRIBUTES_IN_ORDER)


def look_at_blocks(flat, kind, place, rank):
    """Refuse an index of the blocks of a data set that HDF5 would not have written.

    Parameters
    ----------
    flat : FlatFile
    kind : int
        Which index it is, by the message of the data set's layout.
    place : int
        Where it begins.
    rank : int
        Dimensions of the data set.

    Raises
    ------
    FlownetError
    """
    if kind == 3 and (found := _found(flat, place, _FIXED)):
        found.check(version=0, kind=0, element_size=8, bits_of_a_page=10)
        found.check_at_most(elements=flat.size // 8)
    elif kind == 4 and (found := _found(flat, place, _EXTENSIBLE)):
        found.check(version=0, kind=0, element_size=8, bits_of_a_number=32, bits_of_a_page=10)
        found.check(first_elements=4, least_elements=16, least_pointers=4)
    elif kind == 5:
        _look_at_tree(flat, place, _BLOCKS, (8 + 8 * rank, _NODE_OF_BLOCKS))


def _look_at_heap(flat, place, id_size, first, bits):
    """A fractal heap, the B-tree of its huge objects, and the list of its free space."""
    if not (heap := _found(flat, place, _HEAP)):
        return
    heap.check(version=0, id_size=id_size, filter_size=0, flags=2, largest_managed=4096, width=4)
    heap.check(block_size=first, largest_block=1 << 16, bits_of_a_place=bits, first_rows=1)
    heap.check_at_most(rows=bits - (4 * first).bit_length() + 2)
    rows = heap.said["rows"]
    heap.check_at_most(size=(4 * first << rows) >> 1 if rows else first)
    heap.check_at_most(next_block=heap.said["size"])
    _look_at_tree(flat, heap.said["huge"], _HUGE)
    if space := _found(flat, heap.said["free"], _SPACE):
        space.check(version=0, kind=0, kinds=4, shrink_percent=80, grow_percent=120)
        space.check(bits_of_a_place=bits, largest_section=1 << 16)
        space.check_at_most(size=flat.size)
        space.check_at_most(used=space.said["size"])


def _look_at_tree(flat, place, kind, sizes=None):
    """A B-tree (version 2): its header, and how many records each of its nodes is said to hold."""
    record, node = sizes or _RECORDS[kind]
    if tree := _found(flat, place, _TREE):
        tree.check(version=0, kind=kind, node_size=node, record_size=record)
        tree.check(split_percent=100, merge_percent=40)
        tree.check_at_most(depth=_DEEPEST)
        tree.check(records=_Nodes(tree).records())


class _Nodes:
    """Nodes of a B-tree: of each its parent says how many records it holds."""

    def __init__(self, tree):
        self._tree, said = tree, tree.said
        self._record, self._node = said["record_size"], said["node_size"]
        capacity = total = (self._node - _BESIDE) // self._record
        self._width = _width(capacity)  # of a number of records in a node
        self._levels = [(capacity, 0)]  # from the leaves on: records, and bytes of a pointer
        for level in range(1, said["depth"] + 1):
            pointer = 8 + self._width + (_width(total) if level > 1 else 0)
            capacity = (self._node - _BESIDE - pointer) // (self._record + pointer)
            total += capacity * (total + 1)
            self._levels.append((capacity, pointer))
        self._counted = {}

    def records(self):
        """Records of all nodes."""
        said = self._tree.said
        return self._count(said["root"], said["depth"], said["root_records"])

    def _count(self, place, level, records):
        """Records of a node and all below it."""
        capacity, pointer = self._levels[level]
        self._tree.refuse_above("records of a node", records, capacity)
        known = place, level, records
        if level and known not in self._counted:
            most = self._tree.flat.size // self._node
            self._tree.refuse_above("nodes", len(self._counted) + 1, most)
            data = _bytes(self._tree.flat, place, self._node)
            begin, total = 6 + records * self._record, records
            for at in range(begin, begin + (records + 1) * pointer, pointer):
                below = _number(data, at + 8, self._width)
                total += self._count(_number(data, at, 8), level - 1, below)
            self._counted[known] = total
        return self._counted[known] if level else records


def _width(number):
    """Bytes that a number takes."""
    return -(-number.bit_length() // 8)


class _Found:
    """What a header says, word by word."""

    def __init__(self, flat, place, what, said):
        self.flat, self.said = flat, said
        self._where = f"the {what} at byte {place}"

    def check(self, **right):
        """Refuse words that are not the ones that HDF5 writes."""
        for word, value in right.items():
            if self.said[word] != value:
                self._refuse(word, self.said[word], f"{value} would be right")

    def check_at_most(self, **most):
        for word, value in most.items():
            self.refuse_above(word, self.said[word], value)

    def refuse_above(self, word, value, most):
        if value > most:
            self._refuse(word, value, f"{most} is the most")

    def _refuse(self, word, value, instead):
        word = word.replace("_", " ")
        raise FlownetError(
            f"{self.flat.name} is damaged: {self._where} says {value} as its {word}, {instead}."
        )


def _found(flat, place, form):
    """The header at a place, or None: there is none, or one that HDF5 refuses itself."""
    if place == NO_PLACE:
        return None
    size = 4 + form.fields.size
    data = _bytes(flat, place, size)
    said = dict(zip(form.words.split(), form.fields.unpack_from(data, 4)))
    if filters := said.get("filter_size"):
        size += _FILTERED + filters
    data = _bytes(flat, place, size + 4)
    if data[:4] != form.signature or lookup3(data[:size]) != _number(data, size, 4):
        return None
    return _Found(flat, place, form.what, said)


def _number(data, at, width):
    return int.from_bytes(data[at : at + width], "little")


def _bytes(flat, place, size):
    buffer = bytearray(size)
    flat.read_into(min(place, NO_PLACE >> 1), buffer)
    return bytes(buffer)
