"""`python_source`: lines of Python's own standard library, with the role of every name in them.

A document is one logical line: a statement, or the head of a compound one. The labels cost nothing, because Python's
parser (`ast`) knows what each name is doing. The roles, and the name that has it in an example:

    function     total     in   def total(prices, rate=0):
    class        Basket    in   class Basket(Container):
    parameter    rate      in   def total(prices, rate=0):
    argument     reverse   in   sorted(prices, reverse=True)          a keyword argument
    call         sorted    in   sorted(prices, reverse=True)
    method       append    in   basket.append(price)                  an attribute that is called
    attribute    price     in   best = item.price
    field        price     in   item.price = 3                        an attribute that is assigned or deleted
    assigned     best      in   best = item.price
    read         item      in   best = item.price
    import       path      in   from os import path

The other tokens have a tag too, which their form gives away: "keyword" (`if`, `None`), "operator", "number", "string".
They are not scored: count the tags in `SCORED` only. What stands to the *right* of a name often decides its role: `(`
makes a call, `=` an assignment, or a keyword argument inside brackets.
"""

import ast
import io
import keyword
import sys
import sysconfig
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lecture_utils.datasets.corpus import Entry

SCORED = (
    "function",
    "class",
    "parameter",
    "argument",
    "call",
    "method",
    "attribute",
    "field",
    "assigned",
    "read",
    "import",
)
OTHERS = ("keyword", "operator", "number", "string")
LONGEST = 60  # tokens: a longer line is a table, and is left out

# All of these are in Python 3.11 to 3.14, on Linux, macOS and Windows. One that is missing is left out.
_MODULES = """
_markupbase _strptime abc base64 bdb bisect calendar cmd code codecs codeop colorsys compileall configparser
contextlib copy csv dataclasses dis filecmp fileinput fnmatch fractions ftplib functools getopt getpass gettext glob
graphlib gzip hashlib heapq hmac imaplib linecache mimetypes modulefinder netrc ntpath numbers operator os pkgutil
platform plistlib poplib posixpath pprint profile pstats py_compile pyclbr queue quopri random reprlib rlcompleter
runpy sched secrets selectors shelve shlex shutil site smtplib socket socketserver ssl statistics symtable tabnanny
tempfile textwrap threading timeit tokenize trace traceback tracemalloc types uuid wave weakref webbrowser zipapp
zipimport asyncio.events asyncio.futures asyncio.locks asyncio.queues asyncio.streams asyncio.subprocess asyncio.tasks
asyncio.transports asyncio.sslproto asyncio.selector_events collections concurrent.futures._base
concurrent.futures.process concurrent.futures.thread ctypes.util email.charset email.feedparser email.generator
email.header email.headerregistry email.message email.policy email.utils html.parser http.client http.cookies
http.server importlib.metadata importlib.util json json.decoder json.encoder json.scanner logging.config
multiprocessing.connection multiprocessing.context multiprocessing.managers multiprocessing.pool
multiprocessing.queues multiprocessing.synchronize multiprocessing.util sqlite3.dump tomllib._parser unittest.case
unittest.loader unittest.main unittest.result unittest.runner unittest.suite urllib.parse urllib.robotparser
wsgiref.handlers wsgiref.headers wsgiref.simple_server wsgiref.util wsgiref.validate xml.dom.pulldom
xml.etree.ElementPath xml.sax.expatreader xml.sax.handler xml.sax.saxutils xml.sax.xmlreader xmlrpc.client
xmlrpc.server zoneinfo._zoneinfo
"""
MODULES = tuple(_MODULES.split())

Place = tuple[int, int]  # (line, column) where a token starts, both as `tokenize` counts


class Line(NamedTuple):
    """The tokens of a logical line, the role of each, and the module it stands in."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    module: str

    @property
    def text(self) -> str:
        """The tokens, a blank between two."""
        return " ".join(self.words)


def tagged_lines(source: str, module: str = "") -> Iterator[Line]:
    """Each logical line of a program, in order; a program that Python cannot parse raises `SyntaxError`.

    A string becomes ``"..."``, a number ``0``, and comments go. Left out are lines without a name to score (`else:`,
    a docstring), lines of more than `LONGEST` tokens, and those with a name that the parser does not place (`global`,
    patterns of `match`).
    """
    roles = _roles(source)
    words: list[str] = []
    tags: list[str] = []
    for kind, word, place in _tokens(source):
        if kind != "end":
            words.append(word)
            tags.append(_tag(kind, words, tags, roles.get(place)))
            continue
        if 1 < len(words) <= LONGEST and "?" not in tags and not set(SCORED).isdisjoint(tags):
            yield Line(tuple(words), tuple(tags), module)
        words, tags = [], []


def _tag(kind: str, words: list[str], tags: list[str], role: str | None) -> str:
    """The tag of the last of the words; "?" if it is a name that nobody places."""
    if kind != "name":
        return kind
    before = words[-2] if len(words) > 1 else ""
    if words[0] in ("import", "from"):
        return "import"
    if before in ("def", "class"):
        return "function" if before == "def" else "class"
    if before == "as" and words[0] == "except":
        return "assigned"
    return role or "?"


def _roles(source: str) -> dict[Place, str]:
    """The role of each name that has a node of its own, by where it starts."""
    text = [line.encode() for line in io.StringIO(source)]  # the parser counts bytes, `tokenize` characters
    found: dict[Place, str] = {}

    def note(line: int, byte: int, role: str) -> None:
        found[line, len(text[line - 1][:byte].decode())] = role

    called = set()
    for node in _walk(ast.parse(source)):  # a call comes before what it calls
        if isinstance(node, ast.Call):
            called.add(node.func)
        elif isinstance(node, ast.arg):
            note(node.lineno, node.col_offset, "parameter")
        elif isinstance(node, ast.keyword) and node.arg:
            note(node.lineno, node.col_offset, "argument")
        elif isinstance(node, ast.Name):
            role = "call" if node in called else "read" if isinstance(node.ctx, ast.Load) else "assigned"
            note(node.lineno, node.col_offset, role)
        elif isinstance(node, ast.Attribute) and node.end_lineno and node.end_col_offset:
            role = "method" if node in called else "attribute" if isinstance(node.ctx, ast.Load) else "field"
            note(node.end_lineno, node.end_col_offset - len(node.attr.encode()), role)
    return found


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, but nothing inside an f-string, which is one token here."""
    if type(node).__name__ not in ("JoinedStr", "TemplateStr"):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _tokens(source: str) -> Iterator[tuple[str, str, Place]]:
    """(kind, word, where it starts) for each token; kind "end" closes a logical line.

    An f-string is one token before Python 3.12 and several from then on; here it is always one.
    """
    inside = 0  # how many f-strings are open
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        form = tokenize.tok_name[token.type]
        if form.endswith("STRING_START"):
            inside += 1
        elif form.endswith("STRING_END"):
            inside -= 1
        if inside == (1 if form.endswith("STRING_START") else 0):
            if form == "STRING" or form.endswith("STRING_START"):
                yield "string", '"..."', token.start
            elif form == "NUMBER":
                yield "number", "0", token.start
            elif form == "OP":
                yield "operator", sys.intern(token.string), token.start
            elif form == "NAME":
                name = sys.intern(token.string)  # names come again and again: one copy of each is enough
                yield "keyword" if keyword.iskeyword(name) else "name", name, token.start
            elif form == "NEWLINE":
                yield "end", "", token.start


def _read_python_source() -> list[Line]:
    """The lines of `MODULES`, none twice: the first stays, so no test line stands in a training file."""
    library = Path(sysconfig.get_path("stdlib"))
    files = {module: file for module in MODULES if (file := _file(library, module))}
    if len(files) < len(MODULES) / 2:
        raise ModuleNotFoundError(
            f"This Python comes without most of its library's source ({len(files)} of {len(MODULES)} files found), "
            "which the corpus 'python_source' is read from: install a complete Python, from python.org or conda for "
            "example."
        )
    kept: dict[tuple[str, ...], Line] = {}
    for module, file in files.items():
        with tokenize.open(file) as opened:
            for line in tagged_lines(opened.read(), module):
                kept.setdefault(line.words, line)
    return list(kept.values())


def _file(library: Path, module: str) -> Path | None:
    """A module is a file, or a folder with an `__init__.py`, which differs between Python's versions."""
    path = library.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


ENTRY = Entry(
    name="python_source",
    description="Lines of Python's standard library, with the role of every name in them",
    size="about 1,300,000 characters",
    licence="PSF-2.0",
    citation="Python Software Foundation, the standard library of the Python that runs, https://github.com/python/cpython",
    read=_read_python_source,
    key=lambda line: str(line.module),
)
