"""Files of the public corpora: from a folder of yours, from the cache, or downloaded; checked by SHA-256 each time."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

VARIABLE = "LECTURE_UTILS_DATA"  # the environment variable that names a folder of yours
CONNECT = 5.0  # seconds for each of the addresses that a server has
SILENCE = 20.0  # seconds without a byte until a server counts as hanging
SLOWEST = 1000.0  # bytes per second, on average, once a download has lasted `PATIENCE`
PATIENCE = 60.0  # seconds
CHUNK = 1 << 16  # bytes
LOOPBACK = ("localhost", "127.0.0.1", "::1")

YOURS, CACHED, DOWNLOADED = "your folder", "the cache", "downloaded"
ABSENT, UNUSABLE = "not yet", "unusable"
LOG_IN = "log in to your network if it wants that"
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class DownloadError(OSError):
    """A corpus that cannot be had here and now; its text is one sentence that says why and what to try."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, without the calls that led to it."""
        return [f"{type(self).__name__}: {self}"]


class _Fault(Exception):
    """Why a download is given up, in words that end with what to try."""


class File(NamedTuple):
    """A file of a corpus: its place in your folder and in the cache, its address, its SHA-256."""

    place: str
    address: str
    sha256: str


class Found(NamedTuple):
    """Where a file was found: its path, and "your folder", "the cache" or "downloaded"."""

    path: Path
    origin: str


def github(repository: str, commit: str, path: str) -> str:
    """The address of a file in a public repository as it stood at one commit."""
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"


def fetch(file: File) -> Found:
    """The file with the right content, from the folder `LECTURE_UTILS_DATA`, else the cache, else downloaded.

    `DownloadError` says in a sentence why it cannot be had. Only a whole, verified file takes its place in the cache.
    """
    if mine := _in_your_folder(file):
        return Found(mine, YOURS)
    cached = cache_folder() / file.place
    if _is_right(cached, file):
        return Found(cached, CACHED)
    try:
        _download(file, cached)
    except Exception as error:
        host = urlsplit(file.address).hostname
        raise DownloadError(f"{file.place} cannot be downloaded from {host}: {_reason(error)}") from None
    return Found(cached, DOWNLOADED)


def whereabouts(file: File) -> str:
    """Where the file is now: "your folder", "the cache" or "not yet"; "unusable" where `fetch` would complain of it."""
    try:
        if _in_your_folder(file):
            return YOURS
        return CACHED if _is_right(cache_folder() / file.place, file) else ABSENT
    except DownloadError:
        return UNUSABLE


def cache_folder() -> Path:
    """The folder that downloads are kept in: this system's usual one for caches, and in it `unrolled`."""
    import pooch

    return Path(pooch.os_cache("unrolled"))


def _in_your_folder(file: File) -> Path | None:
    """The file in the folder that `LECTURE_UTILS_DATA` names; None where it names none, or one without the file."""
    if not (named := os.environ.get(VARIABLE)):
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise DownloadError(
            f"{VARIABLE} names {named}, which is no folder: create it, name another, or unset {VARIABLE}."
        )
    path = folder / file.place
    if not path.exists():
        return None
    if not _is_right(path, file):
        raise DownloadError(
            f"{path} is not the file that was published (its SHA-256 differs): delete it, and it is downloaded anew."
        )
    return path


def _is_right(path: Path, file: File) -> bool:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        why = error.strerror or error
        raise DownloadError(f"{path} cannot be read ({why}): make it readable, or delete it.") from error


def _download(file: File, goal: Path) -> None:
    """Into a folder of its own beside the goal, then moved there in one step: nobody ever meets half a file."""
    import pooch

    _refuse_unless_safe(file.address)
    pooch.get_logger().setLevel("WARNING")  # the progress bar says enough
    goal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=goal.parent, ignore_cleanup_errors=True) as folder:
        whole = pooch.retrieve(file.address, f"sha256:{file.sha256}", goal.name, folder, downloader=_receive)
        try:
            os.replace(whole, goal)
        except PermissionError:  # Windows, while another kernel reads the file that it has just put there
            if not _is_right(goal, file):
                raise


def _receive(address: str, path: Any, _pooch: object) -> None:
    """Write to `path` what the server sends; give up on one that hangs, crawls, or stops before the end."""
    import requests
    from tqdm import tqdm

    begin = time.monotonic()
    wait = CONNECT, SILENCE
    answer = requests.get(address, stream=True, timeout=wait, allow_redirects=False)  # elsewhere may be no https
    with answer as response, open(path, "wb") as out:
        if response.status_code != 200:
            raise requests.HTTPError(response=response)
        sent = response.raw
        name = address.rpartition("/")[2]
        with tqdm(total=sent.length_remaining, desc=name, unit="B", unit_scale=True, leave=False, delay=0.5) as bar:
            while chunk := sent.read1(CHUNK, decode_content=True):
                out.write(chunk)
                bar.update(sent.tell() - bar.n)  # bytes on the way, where they may be compressed
                lasted = time.monotonic() - begin
                if lasted > PATIENCE and sent.tell() < SLOWEST * lasted:
                    raise _Fault(f"after {lasted:.0f} seconds next to nothing has come; try again later.")


def _refuse_unless_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise _Fault(f"{address} is not an https address, and anybody on the way could change what comes.")


def _reason(error: Exception) -> str:
    """Why a download failed and what to try, for each kind of fault."""
    from requests import exceptions as web
    from urllib3 import exceptions as wire

    own = f"or put the file into a folder that {VARIABLE} names"
    if isinstance(error, _Fault):
        return str(error)
    if isinstance(error, web.HTTPError):
        status = error.response.status_code if error.response is not None else 0
        if 300 <= status < 400:
            return f"the server sends the lecture elsewhere (HTTP status {status}); {LOG_IN}, and try again."
        if status >= 500 or status == 429:
            return f"the server is out of order or busy (HTTP status {status}); try again in some minutes."
        return f"the server does not give it out (HTTP status {status}); get a newer version of the lecture, {own}."
    if isinstance(error, (web.ReadTimeout, wire.TimeoutError, TimeoutError)):
        return f"the server has been silent for {SILENCE:.0f} seconds; try again later, {own}."
    if isinstance(error, web.SSLError):
        return "the connection is not secure (a wrong clock or a proxy may be the cause); set that right and try again."
    if isinstance(error, (wire.HTTPError, web.ChunkedEncodingError, web.ContentDecodingError)):
        return "the connection broke off half-way; try again."
    if isinstance(error, web.RequestException):
        return f"there is no way to the server; connect this computer to the internet and try again, {own}."
    if isinstance(error, ValueError):  # pooch's word for another hash
        return (
            "what came is not the file that was published, or not all of it (its SHA-256 differs); "
            f"{LOG_IN}, and try again."
        )
    return _reason_of_disk(error, own)


def _reason_of_disk(error: Exception, own: str) -> str:
    where = cache_folder()
    if isinstance(error, OSError) and error.errno in FULL:
        return f"the disk that holds {where} is full; make room and try again, {own}."
    if isinstance(error, OSError):
        why = error.strerror or error
        return f"the folder {where} cannot be written to ({why}); make it writable and try again, {own}."
    return f"an unforeseen fault happened ({type(error).__name__}: {error}); try again, {own}."
