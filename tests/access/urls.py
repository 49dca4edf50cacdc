"""Every url of the installation by its qualified name."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def names() -> list[str]:
    """All of them but the admin's, whose own test covers every url below /admin/ by one rule."""
    return sorted({name for name, _ in everything() if not name.startswith("admin:")})


def everything() -> Iterator[tuple[str, URLPattern]]:
    return _walk(get_resolver(), ())


def _walk(resolver: URLResolver, namespaces: tuple[str, ...]) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, inner)
        else:
            yield ":".join((*namespaces, pattern.name or f"nameless {pattern.pattern}")), pattern
