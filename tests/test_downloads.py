"""Every fault of a download: one sentence, no half file, and the next try works. The server is real, on loopback."""

import errno
import functools
import gzip
import hashlib
import io
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lecture_utils import datasets
from lecture_utils.datasets import NAMES, DownloadError, Entry, available, download, load, try_load

CONTENT = b"The cat sat on the mat.\n" * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PLACE = "folder/words.txt"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's `mode` says: well, or with one of the faults."""

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.server.mode)()

    def log_message(self, *_):
        pass

    def head(self, length=None, status=200, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def well(self):
        self.head(len(CONTENT))
        self.wfile.write(CONTENT)

    def without_length(self):
        self.head()
        self.wfile.write(CONTENT)

    def compressed(self):
        body = gzip.compress(CONTENT)
        self.head(len(body), Content_Encoding="gzip")
        self.wfile.write(body)

    def in_chunks(self):
        self.protocol_version = "HTTP/1.1"
        self.head(Transfer_Encoding="chunked", Connection="close")
        for part in (CONTENT[:70_000], CONTENT[70_000:], b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    def in_pieces(self):
        self.head(len(CONTENT))
        for i in range(10):
            self.wfile.write(CONTENT[i * len(CONTENT) // 10 : (i + 1) * len(CONTENT) // 10])
            time.sleep(0.05)

    def absent(self):
        self.send_error(404)

    def forbidden(self):
        self.send_error(403)

    def busy(self):
        self.send_error(429)

    def broken(self):
        self.send_error(503)

    def another_file(self):
        self.head(4)
        self.wfile.write(b"page")

    def half(self):
        self.head(len(CONTENT))
        self.wfile.write(CONTENT[: len(CONTENT) // 2])

    def half_unannounced(self):
        self.head()
        self.wfile.write(CONTENT[: len(CONTENT) // 2])

    def half_chunked(self):
        self.protocol_version = "HTTP/1.1"
        self.head(Transfer_Encoding="chunked", Connection="close")
        self.wfile.write(b"%x\r\n%s" % (len(CONTENT), CONTENT[:1000]))

    def half_compressed(self):
        body = gzip.compress(CONTENT)
        self.head(len(body), Content_Encoding="gzip")
        self.wfile.write(body[: len(body) // 2])

    def no_gzip(self):
        self.head(len(CONTENT), Content_Encoding="gzip")
        self.wfile.write(CONTENT)

    def odd_length(self):
        self.head("many")
        self.wfile.write(CONTENT)

    def slams_the_door(self):
        self.connection.close()

    def no_http(self):
        self.wfile.write(b"what do you want?\r\n\r\n")

    def silent(self):
        self.server.closing.wait(30)

    def hangs(self):
        self.head(len(CONTENT))
        self.wfile.write(CONTENT[:1000])
        self.wfile.flush()
        self.server.closing.wait(30)

    def crawls(self):
        self.head(len(CONTENT))
        for i in range(len(CONTENT)):
            if self.server.closing.wait(0.02):
                break
            self.wfile.write(CONTENT[i : i + 1])
            self.wfile.flush()

    def leads_astray(self):
        self.head(0, status=302, Location="http://example.invalid:9/words.txt")

    def goes_round(self):
        self.head(0, status=302, Location=self.path)


class Server(ThreadingHTTPServer):
    """Its mode, and what it was asked; a client that goes away in mid-sentence is no news to it."""

    mode = "well"
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)


@pytest.fixture
def server():
    server = Server(("127.0.0.1", 0), Handler)
    server.asked, server.closing = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and no folder of one's own."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(download, "cache_folder", lambda: folder)
    monkeypatch.delenv(download.VARIABLE, raising=False)
    for scheme in ("http", "https", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
    return folder


@pytest.fixture
def file(server):
    return download.File(PLACE, f"http://127.0.0.1:{server.server_port}/words.txt", SHA256)


def files_in(folder):
    """Every file and folder in it, hidden ones too, but the folder that the file would lie in."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path != folder / "folder")


def refused(file, *words):
    """The sentence of the refusal, which stands alone and contains `words`."""
    with pytest.raises(DownloadError) as caught:
        download.fetch(file)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert text.count(". ") == 0, f"more than one sentence: {text}"
    assert "Traceback" not in text
    assert "object at 0x" not in text
    for word in words:
        assert word in text, text
    return text


def test_a_file_is_downloaded_once_and_kept(server, cache, file):
    path, origin = download.fetch(file)
    assert (path, origin) == (cache / PLACE, "downloaded")
    assert path.read_bytes() == CONTENT
    assert download.fetch(file) == (path, "the cache")
    assert len(server.asked) == 1
    assert files_in(cache) == [PLACE]


@pytest.mark.parametrize("mode", ["without_length", "odd_length", "compressed", "in_chunks", "in_pieces"])
def test_every_honest_way_of_sending_is_understood(server, cache, file, mode):
    server.mode = mode
    assert download.fetch(file).path.read_bytes() == CONTENT


FAULTS = {
    "absent": ["404", "newer version", download.VARIABLE],
    "forbidden": ["403", "newer version"],
    "busy": ["429", "try again in some minutes"],
    "broken": ["503", "try again in some minutes"],
    "another_file": ["SHA-256 differs", "try again"],
    "half": ["broke off", "try again"],
    "half_unannounced": ["SHA-256 differs", "try again"],
    "half_chunked": ["broke off", "try again"],
    "half_compressed": ["broke off", "try again"],
    "no_gzip": ["broke off", "try again"],
    "slams_the_door": ["no way to the server", "try again"],
    "no_http": ["no way to the server", "try again"],
    "silent": ["silent", "try again later"],
    "hangs": ["silent", "try again later"],
    "crawls": ["next to nothing has come", "try again later"],
    "leads_astray": ["302", "log in"],
    "goes_round": ["302", "log in"],
}


@pytest.mark.parametrize("mode", FAULTS)
def test_a_fault_is_one_sentence_leaves_nothing_and_the_next_try_works(server, cache, file, mode, monkeypatch):
    monkeypatch.setattr(download, "SILENCE", 0.3)
    monkeypatch.setattr(download, "PATIENCE", 0.6)
    server.mode = mode
    text = refused(file, *FAULTS[mode])
    assert text.startswith(f"{PLACE} cannot be downloaded from 127.0.0.1: ")
    assert files_in(cache) == []
    server.mode = "well"
    assert download.fetch(file).path.read_bytes() == CONTENT
    assert files_in(cache) == [PLACE]


def test_without_a_network_the_sentence_says_so(server, cache, file, monkeypatch):
    closed = file._replace(address="http://127.0.0.1:1/words.txt")
    refused(closed, "no way to the server", "connect this computer to the internet", download.VARIABLE)
    unknown = file._replace(address="https://nowhere.invalid/words.txt")

    def nobody_knows(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
    refused(unknown, "nowhere.invalid", "no way to the server")
    assert files_in(cache) == []


def test_a_network_that_swallows_everything_is_given_up_soon(server, cache, file, monkeypatch):
    waits = []

    def swallowed(_, timeout, **_named):
        waits.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", swallowed)
    refused(file, "no way to the server", "connect this computer to the internet")
    assert waits == [download.CONNECT]
    assert download.CONNECT <= 5  # a server may have eight addresses, and each is tried
    assert files_in(cache) == []


# For 127.0.0.1, until 2126, signed by nobody else; made for the test below and used nowhere else.
CERTIFICATE = (
    "MIIBkDCCATagAwIBAgIUe5BoDpsQmKLJpRGaGmHfI3tBIpEwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2"
    "MTEyMzA5MTcyM1oYDzIxMjYxMDMwMDkxNzIzWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC"
    "AAS311NZydKc5+WWC4ufJBZA9hEzpJanwqm5gNcBRV2sSZlMD1znK5yqLlo5ohUfWpPzVS3SPQspwX7Xzl/2qR9Bo2QwYjAdBgNV"
    "HQ4EFgQU80xMi5TWd8Skrw6pKuTIlsM0ZakwHwYDVR0jBBgwFoAU80xMi5TWd8Skrw6pKuTIlsM0ZakwDwYDVR0TAQH/BAUwAwEB"
    "/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIBGpWOP9pThseaNcevcofVPK+lnhQtXtbI2BqeHRSOxKAiEAktjf"
    "t0+AiphWcIdyvP9Md9bIZLtWGj/CtwMacooi0Qs="
)
ITS_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg13mgGojKIgZkI5dJAr+ezNCsTfIB8fLFXqDKjff5an+hRANCAAS3"
    "11NZydKc5+WWC4ufJBZA9hEzpJanwqm5gNcBRV2sSZlMD1znK5yqLlo5ohUfWpPzVS3SPQspwX7Xzl/2qR9B"
)


def pem(kind, content):
    return f"-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n"


def test_a_connection_that_is_not_secure_is_not_accepted(server, cache, file, tmp_path):
    secure = file._replace(address=file.address.replace("http:", "https:"))
    refused(secure, "127.0.0.1", "the connection is not secure")
    chain = tmp_path / "chain.pem"
    chain.write_text(pem("PRIVATE KEY", ITS_KEY) + pem("CERTIFICATE", CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    refused(secure, "127.0.0.1", "the connection is not secure")
    assert server.asked == []
    assert files_in(cache) == []


@pytest.mark.parametrize(
    "address", ["http://example.org/a", "ftp://example.org/a", "file:///etc/passwd", "http://localhost.example.org/a"]
)
def test_what_is_not_https_is_refused_before_anybody_is_asked(cache, file, address, monkeypatch):
    monkeypatch.setattr(download, "_receive", lambda *_: pytest.fail("asked"))
    refused(file._replace(address=address), "not an https address")


def test_every_corpus_has_a_pinned_https_address():
    files = [file for entry in available() for file in entry.files]
    assert len(files) == 8
    assert len({file.place for file in files}) == len({file.sha256 for file in files}) == len(files)
    for file in files:
        host, *parts = file.address.removeprefix("https://").split("/")
        assert host == "raw.githubusercontent.com"
        assert len(parts[2]) == 40, "a commit, not a branch"
        assert int(parts[2], 16)
        assert len(file.sha256) == 64
        assert int(file.sha256, 16)
        assert not file.place.startswith(("/", ".")), file.place
    assert all(bool(entry.files) == (entry.source == "download") for entry in available())


class FullDisk(io.FileIO):
    """A file on a disk that has room for some bytes yet."""

    room = 100_000

    def write(self, chunk):
        if self.tell() + len(chunk) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(chunk)


def test_a_full_disk_is_named_and_nothing_stays_behind(server, cache, file, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(download, "open", FullDisk, raising=False)
        refused(file, "the disk that holds", str(cache), "is full", "make room", download.VARIABLE)
    assert files_in(cache) == []
    assert download.fetch(file).path.read_bytes() == CONTENT


def refuse_to_make(*_args, **_named):
    raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_read_only_cache_is_named(server, cache, file, monkeypatch):
    with monkeypatch.context() as fixed:
        fixed.setattr(Path, "mkdir", refuse_to_make)
        refused(file, str(cache), "cannot be written to (Read-only file system)", "make it writable")
    cache.mkdir()
    with monkeypatch.context() as fixed:
        fixed.setattr(download.tempfile, "TemporaryDirectory", refuse_to_make)
        refused(file, str(cache), "cannot be written to")
    assert files_in(cache) == []
    assert server.asked == []
    assert download.fetch(file).path.read_bytes() == CONTENT


def test_a_file_where_the_cache_folder_should_be_is_named(server, cache, file):
    cache.write_text("not a folder")
    refused(file, str(cache), "cannot be written to")
    assert cache.read_text() == "not a folder"


def test_a_file_that_cannot_be_moved_to_its_place_leaves_nothing(server, cache, file, monkeypatch):
    with monkeypatch.context() as fixed:
        fixed.setattr(download.os, "replace", refuse_to_make)
        refused(file, str(cache), "cannot be written to")
    assert files_in(cache) == []


def test_on_windows_the_other_kernel_may_already_hold_the_file(server, cache, file, monkeypatch):
    def held(source, goal):
        Path(goal).write_bytes(CONTENT)
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(download.os, "replace", held)
    assert download.fetch(file).path.read_bytes() == CONTENT
    assert files_in(cache) == [PLACE]


def test_a_cached_file_of_wrong_content_is_downloaded_anew(server, cache, file):
    (cache / PLACE).parent.mkdir(parents=True)
    (cache / PLACE).write_bytes(CONTENT[:1000])
    assert download.whereabouts(file) == "not yet"
    assert download.fetch(file) == (cache / PLACE, "downloaded")
    assert (cache / PLACE).read_bytes() == CONTENT


def test_where_it_cannot_be_downloaded_anew_the_old_one_is_not_taken(server, cache, file):
    (cache / PLACE).parent.mkdir(parents=True)
    (cache / PLACE).write_bytes(CONTENT[:1000])
    server.mode = "broken"
    refused(file, "503")


def test_an_unreadable_file_is_named(server, cache, file):
    (cache / PLACE).mkdir(parents=True)  # a folder in its place
    refused(file, str(cache / PLACE), "cannot be read", "make it readable, or delete it")
    assert download.whereabouts(file) == "unusable"


def test_your_folder_comes_first_and_no_network_is_asked(server, cache, file, tmp_path, monkeypatch):
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "mine"))
    mine = tmp_path / "mine" / PLACE
    mine.parent.mkdir(parents=True)
    mine.write_bytes(CONTENT)
    assert download.fetch(file) == (mine, "your folder")
    assert download.whereabouts(file) == "your folder"
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setenv(download.VARIABLE, "~/mine")
    assert download.fetch(file) == (mine, "your folder")
    assert server.asked == []
    mine.unlink()
    assert download.whereabouts(file) == "not yet"
    assert download.fetch(file) == (cache / PLACE, "downloaded")
    assert download.whereabouts(file) == "the cache"


def test_your_folder_that_is_not_there_is_named(server, cache, file, tmp_path, monkeypatch):
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "gone"))
    refused(file, download.VARIABLE, str(tmp_path / "gone"), "no folder", "unset")
    assert download.whereabouts(file) == "unusable"
    monkeypatch.setenv(download.VARIABLE, "")
    assert download.fetch(file).origin == "downloaded"


def test_a_file_of_other_content_in_your_folder_is_named_and_kept(server, cache, file, tmp_path, monkeypatch):
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "mine"))
    mine = tmp_path / "mine" / PLACE
    mine.parent.mkdir(parents=True)
    mine.write_bytes(CONTENT + b"!")
    refused(file, str(mine), "SHA-256 differs", "delete it")
    assert download.whereabouts(file) == "unusable"
    assert mine.read_bytes() == CONTENT + b"!"
    assert server.asked == []
    mine.unlink()
    assert download.fetch(file).origin == "downloaded"


KERNEL = """
import sys
from pathlib import Path
from lecture_utils.datasets import download
download.cache_folder = lambda: Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
print(download.fetch(download.File(sys.argv[3], sys.argv[1], sys.argv[4])).path.stat().st_size, flush=True)
"""


@contextmanager
def kernels(count, file, cache):
    """Processes that are about to fetch the file; a line of input starts each."""
    arguments = [sys.executable, "-c", KERNEL, file.address, str(cache), file.place, file.sha256]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    started = [subprocess.Popen(arguments, text=True, **pipes) for _ in range(count)]
    try:
        for kernel in started:
            assert kernel.stdout.readline() == "ready\n"
        yield started
    finally:
        for kernel in started:
            kernel.kill()
            kernel.communicate()


def test_two_kernels_at_once_both_get_the_whole_file(server, cache, file):
    server.mode = "in_pieces"
    with kernels(2, file, cache) as both:
        for kernel in both:
            kernel.stdin.write("go\n")
            kernel.stdin.flush()
        for kernel in both:
            said, complaints = kernel.communicate(timeout=60)
            assert said == f"{len(CONTENT)}\n", complaints
    assert len(server.asked) == 2, "they did not overlap"
    assert files_in(cache) == [PLACE]
    assert (cache / PLACE).read_bytes() == CONTENT


if os.name != "nt":  # Windows sends Ctrl-C to no single process

    def test_an_interrupted_process_leaves_nothing_and_the_next_try_works(server, cache, file):
        server.mode = "hangs"
        with kernels(1, file, cache) as [kernel]:
            kernel.stdin.write("go\n")
            kernel.stdin.flush()
            begin = time.monotonic()
            while not any(path.is_file() for path in cache.rglob("*")):
                assert time.monotonic() - begin < 30, "the download never began"
                time.sleep(0.02)
            kernel.send_signal(signal.SIGINT)
            _, complaints = kernel.communicate(timeout=60)
            assert "KeyboardInterrupt" in complaints
        assert files_in(cache) == []
        server.mode = "well"
        assert download.fetch(file).path.read_bytes() == CONTENT


def test_an_interrupt_while_writing_passes_through_and_leaves_nothing(server, cache, file, monkeypatch):
    class Interrupted(FullDisk):
        def write(self, chunk):
            raise KeyboardInterrupt

    monkeypatch.setattr(download, "open", Interrupted, raising=False)
    with pytest.raises(KeyboardInterrupt):
        download.fetch(file)
    assert files_in(cache) == []


def test_in_a_notebook_a_refusal_shows_the_sentence_alone(cache):
    from IPython.core.interactiveshell import InteractiveShell

    error = DownloadError("It is not here.")
    shell = InteractiveShell()
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)

    def fails():
        raise error from ConnectionError("a hundred lines")

    try:
        fails()
    except DownloadError:
        shell.showtraceback()
    assert shown == ["DownloadError: It is not here."]


# What a corpus does with its file: a registry of one, read line by line.


def lines_of(path):
    return path.read_text("ascii").splitlines()


@pytest.fixture
def nothing_read(monkeypatch):
    """As if no corpus had been read yet; what other tests have read is there for them afterwards."""
    monkeypatch.setattr(datasets, "_documents", functools.cache(datasets._documents.__wrapped__))


@pytest.fixture
def corpus(file, nothing_read, monkeypatch):
    """A corpus `words` in the registry, to be downloaded from the server."""
    entry = Entry("words", "Words", "20,000 lines", "MIT", "Us (2026)", lines_of, "download", files=(file,))
    monkeypatch.setattr(datasets, "NAMES", (*NAMES, "words"))
    known = datasets._entry
    monkeypatch.setattr(datasets, "_entry", lambda name: entry if name == "words" else known(name))
    return entry


def test_a_downloaded_corpus_says_once_what_it_is_and_where_from(cache, corpus, capsys):
    load("words", "train")
    said = capsys.readouterr().out
    assert len(said.splitlines()) <= 2
    for word in ("words", "downloaded", "MIT", "Us (2026)"):
        assert word in said
    load("words", "test")
    assert capsys.readouterr().out == ""
    datasets._documents.cache_clear()
    load("words")
    assert "the cache" in capsys.readouterr().out


def test_an_offline_corpus_says_nothing(nothing_read, capsys):
    load("professions")
    assert capsys.readouterr() == ("", "")


def test_a_fault_in_load_is_the_sentence_and_the_next_try_works(server, cache, corpus):
    server.mode = "absent"
    with pytest.raises(DownloadError, match="404"):
        load("words")
    server.mode = "well"
    assert len(load("words").documents) == 20_000


def test_a_malformed_file_is_a_sentence_and_the_next_try_works(cache, corpus, monkeypatch):
    def malformed(path):
        yield "a word"
        raise ValueError("line 7 has no tag")

    known = datasets._entry
    broken = Entry("words", "Words", "1", "MIT", "Us", malformed, "download", files=corpus.files)
    monkeypatch.setattr(datasets, "_entry", lambda name: broken)
    with pytest.raises(
        DownloadError, match=r"^The corpus 'words' .* cannot be read \(ValueError: line 7 has no tag\): "
    ):
        load("words")
    monkeypatch.setattr(datasets, "_entry", known)
    assert len(load("words").documents) == 20_000


@pytest.mark.parametrize("name", [entry.name for entry in available() if entry.files])
def test_every_reader_meets_nonsense_with_a_sentence(name, tmp_path, monkeypatch):
    """What has the right hash is never nonsense; a reader is given some all the same."""
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"\xff\xfe nonsense without a tag\nand without sense")
    monkeypatch.setattr(datasets, "fetch", lambda file: download.Found(nonsense, "the cache"))
    with pytest.raises(DownloadError, match=f"^The corpus {name!r} is here but cannot be read"):
        datasets._documents.__wrapped__(name)


def test_try_load_prints_the_sentence_and_returns_none(server, cache, corpus, capsys):
    server.mode = "broken"
    assert try_load("words", "train") is None
    [line] = capsys.readouterr().out.splitlines()
    assert "503" in line
    server.mode = "well"
    assert try_load("words", "train") == load("words", "train")


def test_try_load_swallows_nothing_else(cache, corpus, monkeypatch):
    with pytest.raises(ValueError, match="There is no corpus called"):
        try_load("wrods")
    with pytest.raises(ValueError, match="There is no split called"):
        try_load("words", "tset")

    def fails(*_):
        raise TypeError("our own mistake")

    monkeypatch.setattr(datasets, "_with_splits", fails)
    with pytest.raises(TypeError, match="our own mistake"):
        try_load("words")


def test_the_catalogue_says_what_is_here_without_a_network(server, cache, corpus, tmp_path, monkeypatch):
    def shown():
        return {entry.name: entry.here for entry in available()}

    assert shown()["words"] == "not yet"
    assert shown()["professions"] == "yes"
    assert shown()["ud_english_ewt"] == "not yet"
    assert server.asked == []
    load("words")
    assert shown()["words"] == "the cache"
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "gone"))
    assert shown()["words"] == "unusable"
    assert shown()["professions"] == "yes"
    assert "unusable" in str(available())
    monkeypatch.delenv(download.VARIABLE)
    one, another = corpus.files[0], corpus.files[0]._replace(place="another.txt")
    assert Entry("two", "", "", "", "", list, files=(one, another)).here == "not yet"
    mine = tmp_path / "mine" / one.place
    mine.parent.mkdir(parents=True)
    mine.write_bytes(CONTENT)
    (cache / "another.txt").write_bytes(CONTENT)
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "mine"))
    assert Entry("two", "", "", "", "", list, files=(one, another)).here == "your folder and the cache"
    monkeypatch.setenv(download.VARIABLE, str(tmp_path / "gone"))
    assert "<td>unusable</td>" in available()._repr_html_()
    assert len(server.asked) == 1
