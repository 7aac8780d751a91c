"""Imports inside functions: the sandbox's child can load no module, so its server must have loaded all that parsers need."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent

# Modules that no parser reaches, by the reason.
UNREACHED = {
    "other systems": r"_(aix|osx|ios|android)_support|ctypes\.(_aix|macholib\.dyld)|encodings\.(mbcs|oem)",
    "the same in C is loaded": r"_py(datetime|decimal)|_md5|_sha\w+|_threading_local|zoneinfo\._zoneinfo",
    "for developers": r"doctest|getopt|pprint|py_compile|pydoc|pytest|rich\.pretty|tracemalloc|_tokenize|_suggestions",
    "what a child has not": r"grp|plistlib|tarfile|urllib\.request|importlib\.resources\._adapters|_sysconfig|csv",
    "kinds of mail and XML that are not read": r"email\.(generator|policy)|xml\.dom\.pulldom|defusedxml\.\w+|lxml\.etree",
    "no network": r"http\.cookiejar|ftplib|nturl2path|getpass",
    "another reader is made": r"xml\.sax\.expatreader",
    "pictures on a screen, and as arrays": r"PIL\.Image(Qt|Show|Win)|numpy(\.distutils.*|\.ma\..*)?",
    "other uses of the detector of languages": r"py3langid\.server|multiprocessing|wsgiref\.simple_server|yaml",
    "an error": r"pi_heif\._deffered_error",
    "of the parent's logger": r"aws_lambda_powertools\..*|pydantic\..*|boto3|botocore\.config|sentry_sdk",
}


def test_a_child_needs_no_module_that_its_server_has_not_loaded() -> None:
    report = subprocess.run(
        [sys.executable, "-m", "tests.support.late_imports"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    late = json.loads(report.stdout.splitlines()[-1])
    pattern = re.compile("|".join(UNREACHED.values()))
    needed = {module: importers for module, importers in late.items() if not pattern.fullmatch(module)}
    assert not needed, "load them in the preparation, or name the reason why parsers do not reach them"
