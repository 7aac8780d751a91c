"""The confinement: what code in the sandbox's child tries after it has taken over a parser, and is refused.

Each attempt runs in a real child, on the kernel of this machine: with all layers, and with Landlock switched off, as on kernels
that lack it. An attempt that returns has succeeded.
"""

import contextlib
import ctypes
import json
import mmap
import os
import platform
import re
import resource
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from chalicelib.events import ingest
from chalicelib.platform import sandbox
from chalicelib.platform.sandbox import landlock, seccomp
from chalicelib.platform.sandbox.confinement import Confinement
from tests.unit.platform.test_sandbox import descendants, is_running, sleep, wait_until

T = TypeVar("T")
MB = 1024 * 1024
SECRET_NAME = "DATABASE_URL"
pytestmark = pytest.mark.skipif(not seccomp.is_supported(), reason="this system has no seccomp filter")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an attacker would look for."""

    parent: int
    server: int
    tcp_port: int
    udp_port: int
    unix_socket: str
    folder: str  # in which everybody may write
    file: str  # that everybody may read and write


def call(number: int, *arguments: int) -> int:
    """Make a system call; raise what the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


# ---- secrets ----


def read_secret_of_environment(_: Surroundings) -> object:
    return os.environ[SECRET_NAME]


def read_environment_of_parent(around: Surroundings) -> object:
    return Path(f"/proc/{around.parent}/environ").read_bytes()


def read_memory_of_parent(around: Surroundings) -> object:
    return os.open(f"/proc/{around.parent}/mem", os.O_RDONLY)


def write_memory_of_parent(around: Surroundings) -> object:
    return os.open(f"/proc/{around.parent}/mem", os.O_RDWR)


def write_memory_of_server(around: Surroundings) -> object:
    return os.open(f"/proc/{around.server}/mem", os.O_RDWR)


def list_descriptors_of_parent(around: Surroundings) -> object:
    return list(Path(f"/proc/{around.parent}/fd").iterdir())


def read_map_of_itself(_: Surroundings) -> object:
    return Path("/proc/self/maps").read_text()


def trace_parent(around: Surroundings) -> object:
    return call({"x86_64": 101, "aarch64": 117}[platform.machine()], 16, around.parent, 0, 0)


def trace_server(around: Surroundings) -> object:
    return call({"x86_64": 101, "aarch64": 117}[platform.machine()], 16, around.server, 0, 0)


def copy_memory_of_parent(around: Surroundings) -> object:
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    address = ctypes.addressof(vector)
    return call({"x86_64": 310, "aarch64": 270}[platform.machine()], around.parent, address, 1, address, 1, 0)


def take_descriptor_of_parent(around: Surroundings) -> object:
    return call(438, call(434, around.parent, 0), 1, 0)


# ---- network ----


def connect_by_tcp(around: Surroundings) -> object:
    with socket.create_connection(("127.0.0.1", around.tcp_port), 2) as connection:
        return connection.getpeername()


def send_by_udp(around: Surroundings) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"leak", ("127.0.0.1", around.udp_port))


def connect_by_unix_socket(around: Surroundings) -> object:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(around.unix_socket)
    return None


def create_a_pair_of_sockets(_: Surroundings) -> object:
    for end in socket.socketpair():
        end.close()
    return None


# ---- files ----


def read_another_file(_: Surroundings) -> object:
    return Path("/etc/passwd").read_bytes()


def read_what_everybody_may_read(around: Surroundings) -> object:
    return Path(around.file).read_bytes()


def list_temporary_files(_: Surroundings) -> object:
    return list(Path("/tmp").iterdir())  # noqa: S108 - of all processes


def learn_that_a_file_exists(around: Surroundings) -> object:
    return Path(around.file).stat()


def create_a_file(around: Surroundings) -> object:
    return Path(around.folder, "new").write_text("x")


def overwrite_a_file(around: Surroundings) -> object:
    return os.open(around.file, os.O_WRONLY | os.O_TRUNC)


def delete_a_file(around: Surroundings) -> object:
    Path(around.file).unlink()
    return None


def rename_a_file(around: Surroundings) -> object:
    return Path(around.file).rename(Path(around.folder, "renamed"))


def truncate_a_file(around: Surroundings) -> object:
    os.truncate(around.file, 0)
    return None


def link_a_file(around: Surroundings) -> object:
    os.link(around.file, Path(around.folder, "link"))
    return None


def create_a_symbolic_link(around: Surroundings) -> object:
    Path(around.folder, "symbolic").symlink_to("/etc/passwd")
    return None


def create_a_folder(around: Surroundings) -> object:
    Path(around.folder, "sub").mkdir()
    return None


def change_permissions(around: Surroundings) -> object:
    Path(around.file).chmod(0o777)
    return None


def change_folder(around: Surroundings) -> object:
    os.chdir(around.folder)
    return None


def create_a_file_in_memory(_: Surroundings) -> object:
    return os.memfd_create("code")


# ---- processes ----


def execute_a_program(_: Surroundings) -> object:
    return os.execv("/bin/true", ["true"])  # noqa: S606


def spawn_a_program(_: Surroundings) -> object:
    return subprocess.run(["/bin/true"], check=True)


def fork_a_process(_: Surroundings) -> object:
    if os.fork() == 0:
        os._exit(0)
    return None


def create_a_process_by_clone(_: Surroundings) -> object:
    if call({"x86_64": 56, "aarch64": 220}[platform.machine()], signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    return None


def create_a_process_by_clone3(_: Surroundings) -> object:
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    if call(435, ctypes.addressof(arguments), ctypes.sizeof(arguments)) == 0:
        os._exit(0)
    return None


def outlive_the_parent(around: Surroundings) -> object:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1)
            Path(around.folder, "outlived").touch()
        os._exit(0)
    return "forked"


def leave_the_session(_: Surroundings) -> object:
    os.setsid()
    return None


def leave_the_group(_: Surroundings) -> object:
    os.setpgid(0, os.getppid())
    return None


def outlive_by_forgetting_the_server(_: Surroundings) -> object:
    return call({"x86_64": 157, "aarch64": 167}[platform.machine()], 1, 0, 0, 0, 0) + 1  # PR_SET_PDEATHSIG


def be_inspected(_: Surroundings) -> object:
    return call({"x86_64": 157, "aarch64": 167}[platform.machine()], 4, 1, 0, 0, 0) + 1  # PR_SET_DUMPABLE


def kill_the_parent(around: Surroundings) -> object:
    os.kill(around.parent, 0)
    return None


def kill_the_server(around: Surroundings) -> object:
    os.kill(around.server, 0)
    return None


def kill_every_process(_: Surroundings) -> object:
    os.kill(-1, 0)
    return None


def kill_the_group(_: Surroundings) -> object:
    os.kill(0, 0)
    return None


def queue_a_signal(around: Surroundings) -> object:
    return call({"x86_64": 129, "aarch64": 138}[platform.machine()], around.parent, 0, 0)  # rt_sigqueueinfo


def signal_the_parent_by_a_descriptor(around: Surroundings) -> object:
    import fcntl

    return fcntl.fcntl(0, fcntl.F_SETOWN, around.parent) + 1


def signal_the_parent_by_a_control_call(around: Surroundings) -> object:
    import fcntl

    return fcntl.ioctl(0, 0x8901, around.parent.to_bytes(4, "little"))  # FIOSETOWN


# ---- limits and privileges ----


def raise_the_processor_limit(_: Surroundings) -> object:
    resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))
    return None


def raise_the_memory_limit(_: Surroundings) -> object:
    resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))
    return None


def raise_a_limit_by_a_pointer_that_looks_like_none(_: Surroundings) -> object:
    """Put new limits at an address whose lower 32 bits are zero."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    address = libc.mmap(0x5_0000_0000, 4_096, 3, 0x32, -1, 0)  # anonymous, private, exactly there
    assert address == 0x5_0000_0000, "the attempt itself"
    ctypes.memmove(address, (ctypes.c_uint64 * 2)(1, 1), 16)
    return call({"x86_64": 302, "aarch64": 261}[platform.machine()], 0, resource.RLIMIT_CORE, address, 0) + 1


def become_root(_: Surroundings) -> object:
    os.setuid(0)
    return None


def enter_a_namespace(_: Surroundings) -> object:
    return call({"x86_64": 272, "aarch64": 97}[platform.machine()], 0x1000_0000) + 1  # unshare(CLONE_NEWUSER)


def load_another_filter(_: Surroundings) -> object:
    return call(
        {"x86_64": 317, "aarch64": 277}[platform.machine()], 2, 0, ctypes.addressof(ctypes.c_uint32(0x7FFF0000))
    )


# ---- other ways into the kernel: the same numbers on both architectures ----


def set_up_a_ring(_: Surroundings) -> object:
    parameters = ctypes.create_string_buffer(120)
    return call(425, 1, ctypes.addressof(parameters))  # io_uring_setup


def open_by_openat2(_: Surroundings) -> object:
    path, how = ctypes.create_string_buffer(b"/etc/passwd"), (ctypes.c_uint64 * 3)()
    return call(437, -100, ctypes.addressof(path), ctypes.addressof(how), ctypes.sizeof(how))


def open_a_tree(_: Surroundings) -> object:
    path = ctypes.create_string_buffer(b"/")
    return call(428, -100, ctypes.addressof(path), 0)


def use_the_second_interface_of_x86_64(_: Surroundings) -> object:
    if platform.machine() != "x86_64":
        raise PermissionError
    return call(0x4000_0000 | 39)


ATTEMPTS: list[Callable[[Surroundings], object]] = [
    attempt
    for attempt in list(globals().values())
    if getattr(attempt, "__module__", None) == __name__
    and list(getattr(attempt, "__annotations__", {}).values()) == [Surroundings, object]
]


def outcome(name: str, around: Surroundings) -> str:
    """Run one attempt, in the child. Returns what happened."""
    try:
        return f"escaped: {globals()[name](around)!r}"[:200]
    except (OSError, KeyError, ValueError, subprocess.SubprocessError) as error:  # ValueError: by setrlimit
        return f"refused: {type(error).__name__}"


@pytest.fixture(scope="module", params=["all layers", "no Landlock"])
def server(request: pytest.FixtureRequest) -> Iterator[sandbox.ForkServer]:
    use_landlock = request.param == "all layers"
    if use_landlock and not landlock.version():
        pytest.skip("this kernel has no Landlock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_NAME, "postgresql://user:secret@host/db")  # pragma: allowlist secret
        fork_server = sandbox.ForkServer(use_landlock=use_landlock)
        yield fork_server
        fork_server.stop()


@pytest.fixture
def around(server: sandbox.ForkServer) -> Iterator[Surroundings]:
    with tempfile.TemporaryDirectory(prefix="around-") as folder, socket.socket(socket.AF_UNIX) as unix:
        Path(folder).chmod(0o777)
        Path(folder, "file").write_text("another upload")
        Path(folder, "file").chmod(0o666)
        unix.bind(f"{folder}/socket")
        unix.listen()
        Path(folder, "socket").chmod(0o777)
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            yield Surroundings(
                parent=os.getpid(),
                server=run(server, os_getppid),
                tcp_port=tcp.getsockname()[1],
                udp_port=udp.getsockname()[1],
                unix_socket=f"{folder}/socket",
                folder=folder,
                file=f"{folder}/file",
            )


def run(server: sandbox.ForkServer, function: Callable[..., T], *args: object) -> T:
    return server.run(function, *args, cpu_s=2, memory_bytes=200 * MB, wall_s=10)


@pytest.mark.parametrize("name", [attempt.__name__ for attempt in ATTEMPTS])
def test_an_attempt_to_escape_is_refused(name: str, server: sandbox.ForkServer, around: Surroundings) -> None:
    assert run(server, outcome, name, around).startswith("refused: ")
    assert Path(around.file).read_text() == "another upload"
    assert sorted(entry.name for entry in Path(around.folder).iterdir()) == ["file", "socket"]


def test_each_attempt_would_succeed_outside_or_fail_for_another_reason_than_a_mistake_in_it(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harmless half of the attempts, here in the test's own process: they do what they say."""
    monkeypatch.setenv(SECRET_NAME, "secret")
    harmless = [
        *(read_secret_of_environment, list_descriptors_of_parent, read_map_of_itself),
        *(connect_by_tcp, send_by_udp, connect_by_unix_socket, create_a_pair_of_sockets, read_another_file),
        *(
            read_what_everybody_may_read,
            list_temporary_files,
            learn_that_a_file_exists,
            create_a_file,
            change_permissions,
        ),
        *(
            link_a_file,
            create_a_symbolic_link,
            create_a_folder,
            truncate_a_file,
            rename_a_file,
            create_a_file_in_memory,
        ),
        *(spawn_a_program, kill_the_parent, kill_the_server, raise_a_limit_by_a_pointer_that_looks_like_none),
        open_by_openat2,
    ]
    if os.geteuid() == 0:  # a process that forbids its inspection has no other user's access to itself either
        harmless += [read_environment_of_parent]
    outcomes = {attempt.__name__: outcome(attempt.__name__, around) for attempt in harmless}
    assert {name for name, result in outcomes.items() if not result.startswith("escaped")} == set(), outcomes


def call_as_32_bit_program() -> int:
    """Make a system call of i386, whose numbers mean other calls: mov eax, 20; int 0x80; ret."""
    memory = mmap.mmap(-1, 4_096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(bytes.fromhex("b814000000cd80c3"))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the attempt is machine code for x86-64")
def test_a_call_of_another_architecture_kills_the_child(server: sandbox.ForkServer) -> None:
    with pytest.raises(sandbox.ProcessCrashedError):
        run(server, call_as_32_bit_program)


# ---- the memory ----


def search_memory(pid: int, marker: bytes) -> bool:
    """Search everything that a process has in memory."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            for at in range(start, end, MB):
                with contextlib.suppress(OSError, OverflowError):  # addresses without content, and of the kernel
                    memory.seek(at)
                    if marker in memory.read(min(MB + len(marker), end - at)):
                        return True
    return False


def sleep_until_stopped(server: sandbox.ForkServer) -> None:
    with contextlib.suppress(sandbox.SandboxError, sandbox.ProcessStoppedError):
        run(server, sleep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into a process that forbids it")
def test_no_secret_of_the_parent_is_in_the_memory_of_server_and_child(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = secrets.token_hex(16)
    monkeypatch.setenv(SECRET_NAME, f"postgresql://user:{marker}@host/db")
    fork_server = sandbox.ForkServer()
    try:
        pid = run(fork_server, os_getppid)
        call = threading.Thread(target=sleep_until_stopped, args=(fork_server,))
        call.start()
        wait_until(lambda: bool(descendants(pid)))
        time.sleep(0.1)  # the child is at its work
        (child,) = descendants(pid)
        assert search_memory(os.getpid(), marker.encode()), "the search finds what is there"
        assert not search_memory(pid, marker.encode())
        assert not search_memory(int(child), marker.encode())
    finally:
        fork_server.stop()
    call.join()
    wait_until(lambda: not is_running(child))


def test_other_processes_of_the_same_user_cannot_inspect_the_parent(server: sandbox.ForkServer) -> None:
    run(server, os_getppid)
    libc = ctypes.CDLL(None)
    assert libc.prctl(3, 0, 0, 0, 0) == 0, "PR_GET_DUMPABLE"


# ---- what must work ----


def os_getppid() -> int:
    return os.getppid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def test_the_environment_is_that_of_no_other_process(server: sandbox.ForkServer) -> None:
    variables = set(run(server, environment)) - {"LC_CTYPE"}  # Python sets it itself
    assert variables <= {"LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}


def limits() -> dict[str, tuple[int, int]]:
    names = ("RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS")
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def test_limits_are_hard(server: sandbox.ForkServer) -> None:
    found = run(server, limits)
    assert found.pop("RLIMIT_CPU") == (2, 3), "the second between is for SIGXCPU to end it"
    assert all(soft == hard != resource.RLIM_INFINITY for soft, hard in found.values()), found


def privileges() -> tuple[int, int, list[int]]:
    return os.getuid(), os.getgid(), os.getgroups() if os.getuid() == 0 else []


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests do not run as root")
def test_a_child_of_root_is_another_user(server: sandbox.ForkServer) -> None:
    assert run(server, privileges)[:2] == (65_534, 65_534)


def count_in_threads() -> int:
    counts: list[int] = []
    threads = [threading.Thread(target=counts.append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def test_threads_work(server: sandbox.ForkServer) -> None:
    assert run(server, count_in_threads) == 6


def test_the_layers_that_the_kernel_has_are_reported(server: sandbox.ForkServer) -> None:
    confinement = server.get_confinement()
    assert confinement.has_seccomp
    assert confinement.label in {"seccomp", "seccomp+landlock"}


def test_ingest_logs_and_counts_the_layers(deployment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.setenv("POWERTOOLS_METRICS_NAMESPACE", "Visionary")
    ingest._report_confinement.cache_clear()
    ingest._report_confinement()
    ingest._report_confinement()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counts = [line for line in lines if "sandbox_starts" in line]
    assert [line["confinement"] for line in counts] == [sandbox.get_confinement().label], "once per process"


@pytest.mark.parametrize(
    ("confinement", "label"),
    [
        (Confinement(has_seccomp=True, landlock_version=7), "seccomp+landlock"),
        (Confinement(has_seccomp=True), "seccomp"),
        (Confinement(landlock_version=1), "landlock"),
        (Confinement(), "limits"),
    ],
)
def test_the_label_names_the_layers(confinement: Confinement, label: str) -> None:
    assert confinement.label == label


# ---- the filter ----

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_of_calls_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[machine].read_text()
    numbers = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    column = list(HEADERS).index(machine)
    named = {name: pair[column] for name, pair in seccomp._ALLOWED.items() if pair[column] >= 0}
    assert named == {name: numbers[name] for name in named}
    others = ["clone", "fcntl", "ioctl", "prlimit64", "prctl", "newfstatat", "statx", "kill", "tgkill", "clone3"]
    pairs = [*(rule.numbers for rule in seccomp._RULES), *seccomp._SIGNALS, seccomp._CLONE3]
    renamed = {"newfstatat": "fstatat"} if machine == "aarch64" else {}
    assert [pair[column] for pair in pairs] == [numbers[renamed.get(name, name)] for name in others]


def evaluate(program: bytes, architecture: int, number: int, *arguments: int) -> str:
    """Run a filter on one call, as the kernel does."""
    fields = [number, architecture, 0, 0]
    for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]:
        fields += [argument & 0xFFFF_FFFF, argument >> 32]
    at, loaded = 0, 0
    instructions = [
        (int.from_bytes(part[:2], "little"), part[2], part[3], int.from_bytes(part[4:], "little"))
        for part in (program[offset : offset + 8] for offset in range(0, len(program), 8))
    ]
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        match code:
            case 0x20:
                loaded = fields[value // 4]
            case 0x06:
                return {0x7FFF_0000: "allow", 0x8000_0000: "kill"}.get(value, f"errno {value & 0xFFFF}")
            case _:
                is_true = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
                at += if_true if is_true else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "call", "verdict"),
    [
        ("x86_64", 0xC000003E, (0,), "allow"),  # read
        ("x86_64", 0xC000003E, (257, 0, 0, 0), "errno 1"),  # openat
        ("x86_64", 0xC000003E, (0x4000_0000,), "errno 1"),  # read of x32
        ("x86_64", 0x40000003, (3,), "kill"),  # read of i386
        ("x86_64", 0xC000003E, (57,), "errno 1"),  # fork
        ("x86_64", 0xC000003E, (56, 0x003D0F00), "allow"),  # clone, as the C library starts threads
        ("x86_64", 0xC000003E, (56, 0x01200011), "errno 1"),  # clone, as it forks
        ("x86_64", 0xC000003E, (62, 42, 9), "allow"),  # kill itself
        ("x86_64", 0xC000003E, (62, 1, 9), "errno 1"),
        ("x86_64", 0xC000003E, (62, 0xFFFF_FFFF_FFFF_FFFF, 9), "errno 1"),  # kill -1
        ("x86_64", 0xC000003E, (302, 0, 7, 0, 1), "allow"),  # prlimit64 that reads
        ("x86_64", 0xC000003E, (302, 0, 7, 0x5_0000_0000, 0), "errno 1"),  # and one that writes
        ("aarch64", 0xC00000B7, (63,), "allow"),  # read
        ("aarch64", 0xC00000B7, (56, 0, 0, 0), "errno 1"),  # openat
        ("aarch64", 0xC00000B7, (435,), "errno 38"),  # clone3: the C library uses clone then
        ("aarch64", 0xC00000B7, (220, 0x003D0F00), "allow"),
        ("aarch64", 0xC00000B7, (220, 17), "errno 1"),
        ("aarch64", 0xC00000B7, (129, 42, 6), "allow"),
        ("aarch64", 0xC00000B7, (198, 1, 1, 0), "errno 1"),  # socket
        ("aarch64", 0x40000028, (3,), "kill"),  # a call of 32-bit ARM
        ("aarch64", 0xC00000B7, (79, 3, 1, 1, 0x1000), "allow"),  # newfstatat of a descriptor
        ("aarch64", 0xC00000B7, (79, 3, 1, 1, 0), "errno 1"),
    ],
)
def test_the_filter_judges_calls_of_both_architectures(
    machine: str, architecture: int, call: tuple[int, ...], verdict: str
) -> None:
    assert evaluate(seccomp.program(machine, 42), architecture, *call) == verdict
