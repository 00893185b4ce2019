"""Every write of a few stories as their last one: cut, torn, out of order, or refused.

    python scripts/trust writes [--stories train flow …] [--share 1.0] [--seed 0] [--json FILE]

A shim (`shim.c`) writes down each change of a file while a story is told: a run, a flow, a resume,
a run made longer or gone on with in another way, in a copy and in place, an analysis, a run in
place of another. Then, for each change k:

cut        the files as after k changes, as `kill -9` leaves them
torn       and the next one in part: up to 512 bytes, a sector in its middle, the edge of a page
unordered  of what followed the last sync of a file, each sector there or not by chance: a power cut
refused    the story again, whose change k ends with an error, "disk full" or "input/output error",
           once or from there on, at once or after half of it; then there is room, and the same
           process goes on

Each time the files have to open, every row in them has to be there, and going on has to lead to
the story's end, bit for bit. After a power cut rows since the last checkpoint may be lost; the file
opens and goes on all the same.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import shim
from worker import Tally, at_once, outcome_of, outcomes, tell

PAGE, SECTOR = 4096, 512
WAYS = ("cut", "torn", "unordered", "refused")


# ---- what is left of files ----------------------------------------------------------------------


class Files:
    """Files of a folder in memory, to which changes are made one by one."""

    def __init__(self, folder, contents):
        self._folder = folder
        self.contents = {name: bytearray(data) for name, data in contents.items()}
        self._durable = {}  # name to its bytes at its last sync, where it was changed since

    def make(self, change):
        """Make one change."""
        kind, path, offset, data = change
        name = os.path.relpath(path, self._folder)
        if kind == shim.RENAME:
            new = os.path.relpath(os.fsdecode(data), self._folder)
            self.contents[new] = self.contents.pop(name)
            self._durable.pop(new, None)
            if name in self._durable:
                self._durable[new] = self._durable.pop(name)
        elif kind == shim.UNLINK:
            self.contents.pop(name, None)
        elif kind == shim.SYNC:
            self._durable.pop(name, None)
        elif kind == shim.CREATE or name in self.contents:
            self._durable.setdefault(name, bytes(self.contents.get(name, b"")))
            whole = self.contents.setdefault(name, bytearray())
            if kind == shim.CREATE:
                del whole[:]
            elif kind == shim.TRUNCATE:
                del whole[offset:]
                whole.extend(bytes(offset - len(whole)))
            else:
                whole.extend(bytes(max(0, offset - len(whole))))
                whole[offset : offset + len(data)] = data

    def write(self):
        """Put the files into the folder, and nothing else."""
        for path in Path(self._folder).iterdir():
            path.unlink()
        for name, data in self.contents.items():
            Path(self._folder, name).write_bytes(data)

    def shuffled(self, chance):
        """The files where each sector since the last sync is there or not."""
        left = Files(self._folder, self.contents)
        for name, before in self._durable.items():
            whole = left.contents.get(name)
            if whole is None:
                continue
            longest = max(len(whole), len(before))
            size = chance.choice((len(whole), len(before), longest))
            after, whole = bytes(whole), bytearray(longest)
            for at in range(0, longest, SECTOR):
                of = after if chance.random() < 0.5 else before
                part = of[at : at + SECTOR]
                whole[at : at + len(part)] = part
            left.contents[name] = whole[:size]
        return left


def tears(change, chance):
    """Parts of a write that may be all of it: up to a sector, one in its middle, a page's edge."""
    if change.kind != shim.WRITE:
        return []
    size, begin = len(change.data), change.offset
    ends = {SECTOR - begin % SECTOR, PAGE - begin % PAGE}
    if size > SECTOR:
        ends.add(SECTOR * chance.randrange(1, -(-size // SECTOR)))
    return [change._replace(data=change.data[:end]) for end in sorted(ends) if 0 < end < size]


# ---- one process that looks at one case after another -------------------------------------------


def work(skip, folder, seed, share, names):
    """Tell of each case; the first `skip` are left out."""
    from stories import STORIES, write_often

    write_often()
    place = Path(os.path.realpath(folder), "files")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    caught = shim.Shim(place)
    number = 0
    for name in names:
        tale = Tale(STORIES[name], place, place.with_name("log"), caught)
        for way, k, case in tale.cases(random.Random(f"{seed} {name}"), share):
            number += 1
            if number > skip:
                tell(number, name, way, k)
                tell(number, outcome_of(case))
    print("end", flush=True)


class Tale:
    """A story that has been told once, and its cases."""

    def __init__(self, story, place, log, caught):
        from story import RUN, end_of

        self._story, self._place, self._caught = story, place, caught
        self._path = place / RUN
        story.settings()
        self._clear()
        story.begin(self._path)
        self._begin = self._contents()
        caught.log(log)
        caught.still()
        story.act(self._path)
        self._count = caught.count
        caught.log(None)
        self._end = end_of(self._path)
        self._changes = list(shim.changes(log))

    def _clear(self):
        for path in self._place.iterdir():
            path.unlink()

    def _contents(self):
        return {path.name: path.read_bytes() for path in self._place.iterdir()}

    def cases(self, chance, share):
        """Way, number of a change, and the case: a function that gives a fault, or None."""
        files = Files(self._place, self._begin)
        for k, change in enumerate([*self._changes, None]):
            if chance.random() < share:
                yield "cut", k, lambda files=files: self._left(files)
                for part in tears(change, chance) if change else ():
                    torn = Files(self._place, files.contents)
                    torn.make(part)
                    yield "torn", k, lambda files=torn: self._left(files)
                mixed = files.shuffled(chance)
                yield "unordered", k, lambda files=mixed: self._left(files, cut=True)
            if change is not None:
                files.make(change)
        for k in range(self._count):
            if chance.random() < share:
                for error in shim.ERRORS.values():
                    lasts, part = chance.choice((1, 1 << 40)), chance.choice((0, 0, 600))
                    given = k, lasts, error, part
                    yield "refused", k, lambda given=given: self._refused(*given)

    def _left(self, files, cut=False):
        """Files as somebody finds them; after a power cut some rows may not be readable."""
        from story import look

        files.write()
        if self._path.exists():
            if not cut:
                look(self._path)
        elif not self._story.may_lack:
            return "there is no file"
        return self._goes_on()

    def _goes_on(self):
        from story import difference, end_of

        self._story.go_on(self._path)
        found = difference(end_of(self._path), self._end)
        if found is None and (drafts := [p.name for p in self._place.glob(".*.part")]):
            return f"drafts are left: {drafts}"
        return found

    def _refused(self, k, lasts, error, part):
        from story import look

        from flownet import FlownetError

        Files(self._place, self._begin).write()
        self._caught.fail(k, lasts, error, part)
        try:
            self._story.act(self._path)
            told = None
        except FlownetError as error:
            told = str(error)
        finally:
            met = self._caught.count > k
            self._caught.still()
        if told is not None and "\n" in told:
            return f"an error of several lines: {told!r}"
        if told is None and met and lasts > 1:
            return "no error"
        if self._path.exists():
            look(self._path)
        return self._goes_on()


# ---- the campaign -------------------------------------------------------------------------------


def campaign(names=None, share=1.0, seed=0, say=at_once):
    """`Tally` by story and way of the cases of some stories."""
    from stories import STORIES

    tally = Tally(say)
    with tempfile.TemporaryDirectory(prefix="flownet-writes-") as folder:
        variables = shim.environment(folder)
        words = folder, seed, share, *(names or STORIES)
        for number, told, outcome in outcomes(__file__, *words, environment=variables):
            tally.add(number, told, told[:2], outcome)
    return tally


def table(tally):
    """Cases that are right, of all, for each story and way, as text."""
    stories = list(dict.fromkeys(story for story, _ in tally.counts))
    lines = ["".join(["story".ljust(22), *(way.rjust(14) for way in WAYS)])]
    for story in [*stories, "all"]:
        of = {way: partial(_is_of, story, way) for way in WAYS}
        cells = [tally.cell(chosen) for chosen in of.values()]
        lines.append("".join([story.ljust(22), *(cell.rjust(14) for cell in cells)]))
    return "\n".join(lines)


def _is_of(story, way, key):
    return story in (key[0], "all") and way == key[1]


def main(arguments=None):
    if reason := shim.why_not():
        print(f"left out: {reason}")
        return 0
    from stories import STORIES

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", nargs="+", choices=STORIES, help="some of them")
    parser.add_argument("--share", type=float, default=1.0, help="of the changes, by chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="file for the counts")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    tally = campaign(given.stories, given.share, given.seed)
    print(table(tally))
    seconds = time.monotonic() - began
    print(f"{len(tally)} cases in {seconds:.0f} s, {len(tally.faults)} faults")
    if given.json:
        told = {" | ".join(key): both for key, both in tally.counts.items()}
        Path(given.json).write_text(json.dumps({"counts": told, "faults": tally.faults}, indent=1))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
        skip, where, seed, share, *names = sys.argv[2:]
        work(int(skip), where, int(seed), float(share), names)
    else:
        sys.exit(main())
