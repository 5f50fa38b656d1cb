"""The ways in which vectors can be indexed and looked through, as SQL expressions.

An index answers only if a statement says the same as the index does, so both are written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PREFIX_DIM = 128  # of a Matryoshka prefix; a space of fewer dimensions is its own prefix


@dataclass(frozen=True, slots=True)
class Codec:
    """One way: what is compared, by which operator, and how its indexes are called.

    ``expression`` makes of a vector, ``{vector}``, what is compared; ``typed`` is the type of that,
    which an index needs and a scan does without. ``kinds`` are the kinds of space it can serve.
    """

    name: str
    table: str
    index_prefix: str
    given: str  # the type of a stored vector and of a question
    expression: str
    typed: str
    operator: str
    operator_class: str
    kinds: frozenset[str]

    def scanned(self, column: str, dim: int) -> str:
        """The expression over a column, for a scan."""
        return self.expression.format(vector=column, prefix=min(PREFIX_DIM, dim))

    def indexed(self, column: str, dim: int) -> str:
        """The expression over a column, as an index has it."""
        typed = self.typed.format(dim=int(dim), prefix=min(PREFIX_DIM, dim))
        return f"{self.scanned(column, dim)}::{typed}"

    def asked(self, dim: int) -> str:
        """The expression over the question, the parameter ``vector``."""
        return self.indexed(f"%(vector)s::{self.given}", dim)

    def index_name(self, space_id: int, corpus_id: int) -> str:
        """The name of the index over one corpus in one space."""
        return f"{self.index_prefix}{space_id:x}_{corpus_id:x}"


# Negative inner product: of unit vectors it is the cosine, at a third of the work.
FLOAT = Codec(
    name="hnsw",
    table="search_vector",
    index_prefix="vector_hnsw_",
    given="halfvec",
    expression="{vector}",
    typed="halfvec({dim})",
    operator="<#>",
    operator_class="halfvec_ip_ops",
    kinds=frozenset({"dense", "fde"}),
)
# Not for "fde": most buckets of a question are empty, and a sign bit cannot say so.
SIGN_BITS = Codec(
    name="binary",
    table="search_vector",
    index_prefix="vector_bits_",
    given="halfvec",
    expression="binary_quantize({vector})",
    typed="bit({dim})",
    operator="<~>",
    operator_class="bit_hamming_ops",
    kinds=frozenset({"dense"}),
)
# Cosine: a prefix of a unit vector is not one.
PREFIX = Codec(
    name="matryoshka",
    table="search_vector",
    index_prefix="vector_prefix_",
    given="halfvec",
    expression="subvector({vector}, 1, {prefix})",
    typed="halfvec({prefix})",
    operator="<=>",
    operator_class="halfvec_cosine_ops",
    kinds=frozenset({"dense"}),
)
WEIGHTS = Codec(
    name="sparse",
    table="search_sparsevector",
    index_prefix="vector_sparse_",
    given="sparsevec",
    expression="{vector}",
    typed="sparsevec({dim})",
    operator="<#>",
    operator_class="sparsevec_ip_ops",
    kinds=frozenset({"sparse"}),
)
CODECS: Mapping[str, Codec] = MappingProxyType(
    {codec.name: codec for codec in (FLOAT, SIGN_BITS, PREFIX, WEIGHTS)}
)
OF_EVERY_SPACE = ("hnsw", "sparse")  # what a large corpus gets where nothing else is asked for
EXTRA = ("binary", "matryoshka")  # settings ask for these, by encoder
