"""QEMU's log of a disk's writes (`blklogwrites`, the format of the kernel's dm-log-writes), and the disk as a power cut would leave it.

A write counts as durable once a flush was logged after it, or if it carries FUA. What was not durable may be there or not, in any
order and by pieces of 4 KiB: a disk owes no more.
"""
import os
import struct

FLUSH, FUA, DISCARD = 1, 2, 4
PIECE = 4096


class Log:
    """The writes in order: (first sector, flags, place in the log, bytes)."""

    def __init__(self, path):
        self.file = open(path, "rb")
        magic, _version, _entries, self.sector = struct.unpack("<QQQI", self.file.read(28))
        if magic != 0x6A736677736872:
            raise ValueError(f"{path} is no log of writes")
        self.writes, self.places = [], []
        end = os.fstat(self.file.fileno()).st_size
        at = self.sector
        while at + 32 <= end:
            self.file.seek(at)
            start, count, flags, _length = struct.unpack("<QQQQ", self.file.read(32))
            if not (start or count or flags):
                break
            size = 0 if flags & DISCARD else count * self.sector
            if at + self.sector + size > end:
                break
            self.writes.append((start * self.sector, flags, at + self.sector, size))
            self.places.append(at)
            at += self.sector + size

    def flushes(self, before=None):
        return sum(1 for w in self.writes[:before] if w[1] & FLUSH)

    def first_after(self, place):
        """How many writes had begun to be logged when the log was this long: whoever heard then heard after at most these."""
        low, high = 0, len(self.places)
        while low < high:
            middle = (low + high) // 2
            if self.places[middle] < place:
                low = middle + 1
            else:
                high = middle
        return low

    def content(self, write):
        self.file.seek(write[2])
        return self.file.read(write[3])


class Disk:
    """A disk image that follows the log: everything durable before a cut, and per cut a copy with a part of the rest."""

    def __init__(self, log, base):
        self.log, self.base, self.done = log, base, 0

    def _write(self, image, write, keep=lambda: True):
        content = self.log.content(write)
        lost = 0
        for at in range(0, len(content), PIECE):
            if write[1] & FUA or keep():
                image.seek(write[0] + at)
                image.write(content[at : at + PIECE])
            else:
                lost += 1
        return lost

    def cut(self, at, into, chance, random):
        """The disk as of the first `at` writes into the file `into`; each piece not yet flushed is lost by this chance.
        Cuts are asked for in ascending order. Returns the pieces lost."""
        writes = self.log.writes
        flushed = self.done
        for i in range(self.done, at):
            if writes[i][1] & FLUSH:
                flushed = i
        with open(self.base, "r+b") as image:
            for write in writes[self.done : flushed]:
                self._write(image, write)
        self.done = flushed
        copy_sparse(self.base, into)
        with open(into, "r+b") as image:
            return sum(self._write(image, w, lambda: random.random() >= chance) for w in writes[flushed:at])


def copy_sparse(source, dest):
    """Copies what of a file is not a hole."""
    with open(source, "rb") as a, open(dest, "wb") as b:
        size = os.fstat(a.fileno()).st_size
        b.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(a.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(a.fileno(), at, os.SEEK_HOLE)
            while at < end:
                at += os.copy_file_range(a.fileno(), b.fileno(), end - at, at, at)
