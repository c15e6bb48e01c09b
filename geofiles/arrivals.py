"""Arrow batches from the fenced process, each looked at before anything of it is unfolded.

Whoever has taken over the process that parses a stranger's file may write what it likes: a compressed buffer of a few
kilobytes that unfolds to gigabytes, a body as long as the disk, columns that name the same bytes a million times. Ours
writes plain columns without compression, so all else is refused by the head of its message, and what is taken needs no
more memory than it has bytes. Each message is read once: the file may change under us.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, Any

from geofiles.errors import TooComplex, UnreadableFile

if TYPE_CHECKING:
    import pyarrow as pa

MAX_HEAD_BYTES = 16 * 1024 * 1024  # of a message: the names and numbers of its columns
# Apache Arrow, "IPC File Format": the magic string, padded, and then the same as a stream.
_MAGIC = b"ARROW1\x00\x00"
_CONTINUES = b"\xff\xff\xff\xff"
# Message.fbs: MessageHeader, and the numbers of the fields in the tables Message and RecordBatch.
_SCHEMA, _RECORD_BATCH = 1, 3
_KIND_FIELD, _HEADER_FIELD, _BODY_LENGTH_FIELD, _COMPRESSION_FIELD = 1, 2, 3, 3


class Arrivals:
    """The schema and the batches of an Arrow file that the fenced process writes, or still goes on writing.

    ``most_bytes``: what one batch may take. Raises UnreadableFile for what our process does not write, TooComplex
    (reason ``memory``) for a larger batch; pyarrow's errors go through.
    """

    def __init__(self, source: IO[bytes], *, most_bytes: int) -> None:
        import pyarrow as pa

        self._source, self._most_bytes = source, most_bytes
        if source.read(len(_MAGIC)) != _MAGIC:
            raise _damaged("magic")
        message = self._message(_SCHEMA)
        if message is None:
            raise _damaged("no schema")
        self.schema: pa.Schema = pa.ipc.read_schema(message)
        for field in self.schema:
            if not _is_plain(field.type):
                raise _damaged(f"type {field.type}")

    def next_batch(self) -> pa.RecordBatch | None:
        """The next batch, looked through; None after the last one."""
        import pyarrow as pa

        message = self._message(_RECORD_BATCH)
        if message is None:
            return None
        batch = pa.ipc.read_record_batch(message, self.schema)
        batch.validate(full=True)
        if batch.nbytes > self._most_bytes:  # columns that share their bytes
            raise TooComplex(reason="memory", limit=self._most_bytes)
        return batch

    def _message(self, kind: int) -> Any:
        import pyarrow as pa

        prefix = self._read(8)
        (length,) = struct.unpack("<4xi", prefix)
        if prefix[:4] != _CONTINUES or not 0 <= length <= MAX_HEAD_BYTES:
            raise _damaged("length")
        if length == 0:
            return None
        head = self._read(length)
        try:
            body_length = _look_through(head, kind)
        except (struct.error, IndexError) as error:
            raise _damaged("head") from error
        if body_length > self._most_bytes:
            raise TooComplex(reason="memory", limit=self._most_bytes)
        whole = bytearray(8 + length + body_length)
        whole[: 8 + length] = prefix + head
        if self._source.readinto(memoryview(whole)[8 + length :]) != body_length:  # type: ignore[attr-defined]
            raise _damaged("cut")
        return pa.ipc.read_message(pa.py_buffer(whole))

    def _read(self, length: int) -> bytes:
        found = self._source.read(length)
        if len(found) != length:
            raise _damaged("cut")
        return found


def _look_through(head: bytes, kind: int) -> int:
    """The length of the body of a message that is what we expect. Raises UnreadableFile, struct.error."""
    message = _pointed(head, 0)
    at = {field: _field(head, message, field) for field in (_KIND_FIELD, _HEADER_FIELD, _BODY_LENGTH_FIELD)}
    if not at[_KIND_FIELD] or not at[_HEADER_FIELD] or head[at[_KIND_FIELD]] != kind:
        raise _damaged("message")
    content = _pointed(head, at[_HEADER_FIELD])
    if kind == _RECORD_BATCH and _field(head, content, _COMPRESSION_FIELD):
        raise _damaged("compressed")
    (length,) = struct.unpack_from("<q", head, at[_BODY_LENGTH_FIELD]) if at[_BODY_LENGTH_FIELD] else (0,)
    if length < 0 or (kind == _SCHEMA and length):
        raise _damaged("body")
    return int(length)


def _pointed(head: bytes, at: int) -> int:
    """Where the offset at this place leads (FlatBuffers, "Internals")."""
    return at + int(_unpacked("<I", head, at))


def _field(head: bytes, table: int, number: int) -> int:
    """Where the field of a FlatBuffers table stands, 0 where it is not given."""
    layout = table - int(_unpacked("<i", head, table))
    slot = 4 + 2 * number
    if slot + 2 > int(_unpacked("<H", head, layout)):
        return 0
    offset = int(_unpacked("<H", head, layout + slot))
    return table + offset if offset else 0


def _unpacked(form: str, head: bytes, at: int) -> Any:
    if at < 0:
        raise struct.error("before the beginning")
    return struct.unpack_from(form, head, at)[0]


def _is_plain(kind: pa.DataType, *, in_list: bool = False) -> bool:
    """Whether values of this type have at least the bytes that they stand for: no dictionary, view, run or union, and
    in lists, which may say any length, nothing that takes no room."""
    import pyarrow as pa

    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_plain(kind.value_type, in_list=True)
    if types.is_map(kind):
        return _is_plain(kind.key_type, in_list=True) and _is_plain(kind.item_type, in_list=True)
    if types.is_struct(kind):
        inner = [kind.field(number).type for number in range(kind.num_fields)]
        return bool(inner) and all(_is_plain(one, in_list=in_list) for one in inner)
    if types.is_null(kind):
        return not in_list
    if types.is_fixed_size_binary(kind):
        return bool(kind.byte_width > 0)
    return any(is_one(kind) for is_one in (types.is_primitive, types.is_decimal, *_texts()))


def _texts() -> tuple[Any, ...]:
    import pyarrow as pa

    types = pa.types
    return types.is_string, types.is_large_string, types.is_binary, types.is_large_binary


def _damaged(detail: str) -> UnreadableFile:
    return UnreadableFile(reason="damaged", format="arrow", detail=detail)
