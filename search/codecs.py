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

    ``expression`` is of the column ``{column}`` and the space's ``{dim}``; ``question`` is the same
    of the parameter ``vector``. ``kinds`` are the kinds of space that it can serve.
    """

    name: str
    table: str
    index_prefix: str
    expression: str
    question: str
    operator: str
    operator_class: str
    kinds: frozenset[str]

    def stored(self, column: str, dim: int) -> str:
        """The expression over a column."""
        return self.expression.format(column=column, dim=int(dim), prefix=min(PREFIX_DIM, dim))

    def asked(self, dim: int) -> str:
        """The expression over the question."""
        return self.question.format(dim=int(dim), prefix=min(PREFIX_DIM, dim))

    def index_name(self, space_id: int, corpus_id: int) -> str:
        """The name of the index over one corpus in one space."""
        return f"{self.index_prefix}{space_id:x}_{corpus_id:x}"


# Negative inner product: of unit vectors it is the cosine, at a third of the work.
FLOAT = Codec(
    name="hnsw",
    table="search_vector",
    index_prefix="vector_hnsw_",
    expression="{column}::halfvec({dim})",
    question="%(vector)s::halfvec({dim})",
    operator="<#>",
    operator_class="halfvec_ip_ops",
    kinds=frozenset({"dense", "fde"}),
)
# Not for "fde": most buckets of a question are empty, and a sign bit cannot say so.
SIGN_BITS = Codec(
    name="binary",
    table="search_vector",
    index_prefix="vector_bits_",
    expression="binary_quantize({column})::bit({dim})",
    question="binary_quantize(%(vector)s::halfvec)::bit({dim})",
    operator="<~>",
    operator_class="bit_hamming_ops",
    kinds=frozenset({"dense"}),
)
# Cosine: a prefix of a unit vector is not one.
PREFIX = Codec(
    name="matryoshka",
    table="search_vector",
    index_prefix="vector_prefix_",
    expression="subvector({column}, 1, {prefix})::halfvec({prefix})",
    question="subvector(%(vector)s::halfvec, 1, {prefix})::halfvec({prefix})",
    operator="<=>",
    operator_class="halfvec_cosine_ops",
    kinds=frozenset({"dense"}),
)
WEIGHTS = Codec(
    name="sparse",
    table="search_sparsevector",
    index_prefix="vector_sparse_",
    expression="{column}::sparsevec({dim})",
    question="%(vector)s::sparsevec({dim})",
    operator="<#>",
    operator_class="sparsevec_ip_ops",
    kinds=frozenset({"sparse"}),
)
CODECS: Mapping[str, Codec] = MappingProxyType(
    {codec.name: codec for codec in (FLOAT, SIGN_BITS, PREFIX, WEIGHTS)}
)
OF_EVERY_SPACE = ("hnsw", "sparse")  # what a large corpus gets where nothing else is asked for
EXTRA = ("binary", "matryoshka")  # settings ask for these, by encoder
