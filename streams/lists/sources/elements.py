"""Elements of XML lists, one at a time, so that a list of any size needs the memory of one entry.

Entities are never expanded, nothing outside the file is read, and a file that declares a document type is refused:
no official list has one, and it is where entity bombs are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def root_name(file: ListFile) -> str:
    """The name of the root element without its namespace; empty when the file is not XML."""
    if not file.beginning.startswith("<"):
        return ""
    root = _ROOT.search(_COMMENT.sub("", file.beginning))
    return root[1] if root else ""


def elements_of(file: ListFile, *names: str) -> Iterator[etree._Element]:
    """Each element of one of the names, when it is whole; it is emptied when the next one is asked for.

    Names are without namespaces. Raises :class:`~streams.errors.ListFormatError` with the line when the XML is cut or
    damaged, or when it declares a document type.
    """
    with file.open() as stream:
        try:
            found = etree.iterparse(
                stream,
                events=("end",),
                tag=[f"{{*}}{name}" for name in names],
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            for _, element in found:
                _refuse_document_type(element, file.place)
                yield element
                element.clear(keep_tail=False)
                while (before := element.getprevious()) is not None and (parent := element.getparent()) is not None:
                    parent.remove(before)
        except etree.XMLSyntaxError as error:
            raise damaged(error, file.place) from error


def parse(file: ListFile) -> etree._Element:
    """The root of a small document, whole in memory. Raises as :func:`elements_of` does."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    with file.open() as stream:
        try:
            root = etree.parse(stream, parser).getroot()
        except etree.XMLSyntaxError as error:
            raise damaged(error, file.place) from error
    _refuse_document_type(root, file.place)
    return root


def damaged(error: etree.XMLSyntaxError, place: str) -> ListFormatError:
    """What a syntax error means to the person who has the file."""
    return ListFormatError(
        f"{place}, line {error.lineno}: the XML is cut or damaged ({error.msg}); download the list again"
    )


def _refuse_document_type(element: etree._Element, place: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise ListFormatError(
            f"{place}: declares a document type, which no official list does; download the list again"
        )


def text_at(element: etree._Element, path: str) -> str:
    """The text of the first element at a path of names without namespaces, in one line; empty when there is none."""
    return next(iter(texts_at(element, path)), "")


def texts_at(element: etree._Element, path: str) -> list[str]:
    """The texts, each in one line, of all elements at a path of names without namespaces; empty ones are left out."""
    return [text for found in all_at(element, path) if (text := one_line(found.text))]


def all_at(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at a path of names without namespaces."""
    return element.findall(_in_any_namespace(path))


@lru_cache(maxsize=1024)
def _in_any_namespace(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))
