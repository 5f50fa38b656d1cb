"""How to cite a document, in words."""

from collections.abc import Sequence


def citation_text(
    *, title: str, authors: Sequence[str], issued: str, doi: str, url: str, where: str = ""
) -> str:
    """Authors (year). Title. Where in it. DOI or address."""
    year = f" ({issued[:4]})" if issued else ""
    head = f"{_names(authors)}{year}. " if authors else ""
    body = f"{title.rstrip('.')}{'' if authors else year}."
    place = f" {where}." if where else ""
    link = doi_address(doi) or url
    return f"{head}{body}{place}{f' {link}' if link else ''}"


def doi_address(doi: str) -> str:
    """The DOI as a web address, or empty."""
    name = doi.removeprefix("https://doi.org/").removeprefix("doi:").strip()
    return f"https://doi.org/{name}" if name else ""


def web_address(url: str) -> str:
    """The address if it may be a link: http and https only."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def _names(authors: Sequence[str]) -> str:
    if len(authors) > 3:
        return f"{authors[0]} et al."
    if len(authors) > 1:
        return f"{', '.join(authors[:-1])} and {authors[-1]}"
    return authors[0]
