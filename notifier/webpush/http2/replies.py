"""Header blocks that we get. The peer has no dynamic table, so each can be read alone, mostly by its first bytes."""

from hpack import Decoder
from hpack.exceptions import HPACKError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from notifier.webpush.http2.frames import Broken, Code

LONGEST_BLOCK = 65_536
_STATIC = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
_LITERAL_STATUS = (0x08, 0x18, 0x48)
"""A literal whose name is entry 8 (:status): without, never, and with indexing."""

_huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
_TEXTS = {str(status).encode(): status for status in range(100, 600)}
_VALUES = {bytes([3]) + text: status for text, status in _TEXTS.items()}
_VALUES |= {bytes([0x80 | len(coded := _huffman.encode(text))]) + coded: status for text, status in _TEXTS.items()}
_BEGINNINGS = {bytes([first]) + value: status for first in _LITERAL_STATUS for value, status in _VALUES.items()}
_BEGINNINGS |= {bytes([first]): status for first, status in _STATIC.items()}


def quick_status(block: bytes) -> int:
    """The status, if the block begins with it in a usual way, which takes 1, 4 or 5 bytes; 0 means: read it all."""
    return _BEGINNINGS.get(block[:5]) or _BEGINNINGS.get(block[:4]) or _BEGINNINGS.get(block[:1], 0)


class FieldReader:
    """Reads whole header blocks of one connection."""

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=4 * LONGEST_BLOCK)
        self._decoder.max_allowed_table_size = 0
        self._decoder.header_table_size = 0

    def read(self, block: bytes) -> tuple[int, dict[str, str]]:
        """Status and header fields (the last of a name counts); raises Broken."""
        try:
            pairs = self._decoder.decode(block, raw=True)
        except (HPACKError, ValueError, IndexError) as error:
            raise Broken(Code.COMPRESSION_ERROR, f"a header block that cannot be read: {error}"[:200]) from error
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
        said = fields.pop(":status", "")
        return (int(said) if len(said) == 3 and said.isascii() and said.isdigit() else 0), fields
