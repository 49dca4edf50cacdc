"""Message catalogues without GNU gettext: one per app and language at `locale/<app>/<language>/LC_MESSAGES/django.po`.

A text used by several apps stands in the catalogue of the leftmost one only: Django merges them all anyway.
"""

import re
from ast import literal_eval
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("network", "advertisers", "publishers", "tracking", "payouts", "reporting")
LANGUAGES = ("fa",)
PLURALS = "nplurals=2; plural=(n > 1);"
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
_PLAIN: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
KEYWORDS = _PLAIN | {f"{name}_lazy": spec for name, spec in _PLAIN.items() if name[0] != "_"}
_TEXT = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(({_TEXT}(?:,\s*{_TEXT})*)\s*(?:,\s*count)?\)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")

type Text = str | tuple[str, ...]  # or singular and plural
type Key = tuple[str, str | None]  # text (singular) and context


@dataclass(frozen=True)
class Found:
    text: Text
    context: str | None
    file: str
    comments: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return (self.text if isinstance(self.text, str) else self.text[0], self.context)


def texts_of(app: str, root: Path = ROOT) -> Iterator[Found]:
    """All translatable texts in the Python files and templates that belong to the app."""
    for path in sorted((root / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield from _in_python(path, root)
    for path in sorted([*(root / "templates").rglob("*.*"), *(root / app / "templates").rglob("*.*")]):
        if _owner(path, root) == app and path.suffix in {".html", ".txt", ".svg"}:
            yield from _in_template(path, root)


def update(root: Path = ROOT, *, prune: bool = False) -> None:
    """Bring every catalogue in line with the code. Texts that left the code stay as obsolete, unless pruned."""
    for language in LANGUAGES:
        old = {app: load(app, language, root) for app in APPS}
        known = _translations(old.values())
        seen: set[Key] = set()
        for app in APPS:
            fresh = _empty(language)
            for found in texts_of(app, root):
                if found.key not in seen:
                    _add(fresh, found)
            for message in _messages(fresh):
                text = known.get(_key(message))
                if text is not None and isinstance(text, str) == isinstance(message.id, str):
                    message.string = text
            seen |= {_key(message) for message in _messages(fresh)}
            left = [] if prune else [message for message in _translated(old[app]) if _key(message) not in seen]
            for message in left:
                text, context = _key(message)
                fresh.obsolete[(text, context) if context else text] = message
            save(fresh, app, language, root)


def problems(root: Path = ROOT) -> list[str]:
    """What a reader in another language would see wrong; one line each."""
    lines: list[str] = []
    for language in LANGUAGES:
        seen: set[Key] = set()
        for app in APPS:
            catalogue = load(app, language, root)
            place = f"locale/{app}/{language}"
            wanted = {found.key: found for found in texts_of(app, root) if found.key not in seen}
            seen |= wanted.keys()
            held = {_key(message): message for message in _messages(catalogue)}
            for key, found in wanted.items():
                if key not in held or not _is_translated(held[key]):
                    lines.append(f"{place}: untranslated: {key[0]!r} ({found.file})")
                elif wrong := _wrong_placeholders(held[key]):
                    lines.append(f"{place}: {wrong} in the translation of {key[0]!r}")
            gone = [key[0] for key in held if key not in wanted]
            gone += [_key(message)[0] for message in catalogue.obsolete.values()]
            lines += [f"{place}: no longer used: {text!r}" for text in gone]
    return lines


def compile_all(root: Path = ROOT) -> None:
    """Write the binary catalogues (not committed) that Django reads."""
    for source in sorted((root / "locale").glob("*/*/LC_MESSAGES/django.po")):
        buffer = BytesIO()
        with source.open("rb") as file:
            write_mo(buffer, read_po(file, locale=source.parts[-3], domain="django"))
        fresh = source.with_suffix(".mo.new")
        fresh.write_bytes(buffer.getvalue())
        fresh.replace(source.with_suffix(".mo"))


def load(app: str, language: str, root: Path = ROOT) -> Catalog:
    path = _path(app, language, root)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django", abort_invalid=True)


def _empty(language: str) -> Catalog:
    """With the two plural forms of HEADER; Babel on its own knows one for Persian, and would drop the other."""
    catalogue = Catalog(locale=language, domain="django")
    catalogue.mime_headers = [("Plural-Forms", PLURALS)]
    return catalogue


def save(catalogue: Catalog, app: str, language: str, root: Path = ROOT) -> None:
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, omit_header=True, sort_by_file=True, include_lineno=False)
    text = (HEADER.format(language=language, plurals=PLURALS) + buffer.getvalue().decode()).rstrip() + "\n"
    path = _path(app, language, root)
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".po.new")
        fresh.write_text(text)
        fresh.replace(path)


def _path(app: str, language: str, root: Path) -> Path:
    return root / "locale" / app / language / "LC_MESSAGES" / "django.po"


def _owner(path: Path, root: Path) -> str:
    """`templates/<app>/` and `templates/mail/<app>/` are the app's; what is shared is the network's."""
    return next((part for part in path.relative_to(root).parts[:3] if part in APPS), "network")


def _in_python(path: Path, root: Path) -> Iterator[Found]:
    file = str(path.relative_to(root))
    with path.open("rb") as source:
        for _, text, comments, context in extract("python", source, KEYWORDS, ["Translators:"]):
            yield Found(text[:2] if isinstance(text, tuple) else text, context, file, tuple(comments))


def _in_template(path: Path, root: Path) -> Iterator[Found]:
    from django.utils.translation.template import templatize

    file = str(path.relative_to(root))
    for name, arguments in _CALL.findall(templatize(path.read_text(), file)):
        texts = [literal_eval(text) for text in re.findall(_TEXT, arguments, re.DOTALL)]
        context = texts.pop(0) if name in {"pgettext", "npgettext"} else None
        yield Found((texts[0], texts[1]) if name.startswith("n") else texts[0], context, file)


def _add(catalogue: Catalog, found: Found) -> None:
    catalogue.add(found.text, locations=[(found.file, 0)], auto_comments=found.comments, context=found.context)


def _key(message: Message) -> Key:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _is_translated(message: Message) -> bool:
    return not message.fuzzy and all(_strings(message))


def _strings(message: Message) -> list[str]:
    """The translation, or its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _translated(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in [*_messages(catalogue), *catalogue.obsolete.values()] if _is_translated(message))


def _translations(catalogues: Iterable[Catalog]) -> dict[Key, Text]:
    """All known translations; of two for one text the leftmost app's holds, as in Django."""
    known: dict[Key, Text] = {}
    for catalogue in catalogues:
        for message in _translated(catalogue):
            strings = _strings(message)
            known.setdefault(_key(message), strings[0] if isinstance(message.string, str) else tuple(strings))
    return known


def _wrong_placeholders(message: Message) -> str:
    """Every placeholder of the source, none else; a plural form may leave the number out."""
    may_omit = not isinstance(message.id, str)
    wanted = set(_PLACEHOLDER.findall(message.id if isinstance(message.id, str) else " ".join(message.id)))
    for string in _strings(message):
        held = set(_PLACEHOLDER.findall(string))
        if unknown := held - wanted:
            return f"unknown placeholder {', '.join(sorted(unknown))}"
        if not may_omit and (missing := wanted - held):
            return f"placeholder {', '.join(sorted(missing))} missing"
    return ""


if __name__ == "__main__":
    compile_all()
