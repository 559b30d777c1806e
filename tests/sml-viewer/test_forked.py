"""Work of a forked child. Each test runs in a process of its own: that of pytest may have threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="forks on two processors of Linux"
)

_NO_CHILD = """
def no_child():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""


def run(script: str, *arguments: str | Path) -> str:
    """What a script prints; nothing may be said as an error."""
    head = f"import os, signal, sys, threading, time\nfrom sml_viewer.readers.forked import *\n{_NO_CHILD}\n"
    command = [sys.executable, "-W", "error", "-c", head + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_child_does_the_work_and_is_gone_afterwards() -> None:
    script = """
with ForkedWork(lambda: b'%d' % os.getpid() + bytes(300_000)) as child:
    data = child.result()
print(int(data[:-300_000]) != os.getpid(), no_child())
"""
    assert run(script).split() == ["True", "True"]


def test_numpys_own_threads_do_not_prevent_a_fork() -> None:
    assert run("import numpy\nprint(may_fork())").strip() == "True"


@pytest.mark.parametrize(
    "fault", ["1 / 0", "sys.exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "b''"]
)
def test_a_child_that_fails_gives_nothing_and_says_nothing(fault: str) -> None:
    script = (
        f"with ForkedWork(lambda: {fault}) as child:\n    print(child.result(), end=' ')\nprint(no_child())"
    )
    assert run(script).split() == ["None", "True"]


def test_an_error_of_the_parent_ends_the_child() -> None:
    script = """
started = time.monotonic()
try:
    with ForkedWork(lambda: time.sleep(50)):
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(no_child(), time.monotonic() - started < 20)
"""
    assert run(script).split() == ["True", "True"]


def test_signals_of_the_parent_are_handled_by_the_parent_alone() -> None:
    script = """
signal.signal(signal.SIGTERM, lambda *_: print('handled by', os.getpid(), flush=True))
def work():
    os.kill(os.getpid(), signal.SIGTERM)
    return b'done'
with ForkedWork(work) as child:
    print(child.result(), signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""
    assert run(script).strip() == "b'done' set()"


@pytest.mark.parametrize(
    "circumstance",
    [
        "threading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
        "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "held = b'x' * 600_000_000",
    ],
)
def test_where_a_fork_is_in_doubt_there_is_none(circumstance: str) -> None:
    script = f"""
{circumstance}
with ForkedWork(lambda: b'done') as child:
    print(child.result(), no_child())
"""
    assert run(script).split() == ["None", "True"]


def test_tables_are_the_same_by_one_process_and_by_two(tmp_path: Path) -> None:
    tables = [
        "step,loss,other\n" + "".join(f"{step},{step / 3!r},{2**63 + step}\n" for step in range(50)),
        "step,loss\n0,1\n1,\n",  # a blank
        "step,loss\n0,true\n1,2\n",
        "step,näme\n0,1\n",
        "step,loss\n0,1e400\n1,2\n",
        "step,loss\n0,1\n1,2",  # not ended
        "loss,step\n-0.0,0\n4,1\n",
        "step,loss,other\n0,1,2\n",
    ]
    for number, text in enumerate(tables):
        (tmp_path / f"{number}.csv").write_text(text, encoding="utf-8")
    script = """
from sml_viewer.readers.text_tables.plain_columns import *
from sml_viewer.model.table_layouts import TABLE
files = [TableFile(sys.argv[1], f"{number % 9}.csv", TABLE) for number in range(18)]
def told(tables):
    return [t and (*t[:-1], {name: values.tobytes() for name, values in t.known.items()}) for t in tables]
likely = lambda names: [name for name in names if name in ("step", "loss")]
print(may_fork(), end=" ")
def read(files, likely):
    work = lambda table: read_columns(table, likely)
    with SharedWork(files, work, packed_columns, unpacking_columns()) as shared:
        return shared.results()
forked = told(read(files, likely))
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(may_fork(), told(read(files, likely)) == forked, sum(map(bool, forked)))
"""
    two, one, same, plain = run(script, tmp_path).split()
    assert (two, one, same) == ("True", "False", "True")
    assert int(plain) >= 6


@pytest.mark.parametrize("count", [0, 1, 7, 2_048, 2_049, 100_000])
def test_each_ticket_is_drawn_once_by_one_of_two_processes(count: int) -> None:
    script = f"""
tickets = Tickets({count})
with ForkedWork(lambda: ','.join(map(str, tickets)).encode() + b'.') as child:
    own = [*tickets]
    other = [int(number) for number in child.result()[:-1].split(b',') if number]
tickets.close()
print(sorted(own + other) == list(range({count})), no_child())
"""
    assert run(script).split() == ["True", "True"]


def test_what_a_child_drew_before_it_was_killed_is_done_all_the_same() -> None:
    script = """
parent = os.getpid()
def work(item):
    if os.getpid() != parent and item == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.001)
    return item * item
with SharedWork(range(40), work, str, int) as shared:
    time.sleep(0.3)
    print(may_fork(), shared.results() == [item * item for item in range(40)], end=" ")
print(no_child())
"""
    assert run(script).split() == ["True", "True", "True"]


def test_both_processes_take_part_and_results_keep_their_order() -> None:
    script = """
def work(item):
    time.sleep(0.005)
    return item, os.getpid()
with SharedWork(range(60), work, list, tuple) as shared:
    results = shared.results()
print([item for item, _ in results] == [*range(60)], len({process for _, process in results}), no_child())
"""
    assert run(script).split() == ["True", "2", "True"]


def test_an_error_in_this_process_is_raised_and_the_child_ends() -> None:
    script = """
parent = os.getpid()
def work(item):
    if os.getpid() == parent:
        raise LookupError(item)
    time.sleep(50)
try:
    with SharedWork(range(5), work, list, tuple) as shared:
        shared.results()
except LookupError:
    print(no_child(), len(os.listdir("/proc/self/fd")) <= 5)
"""
    assert run(script).split() == ["True", "True"]


def test_an_interrupt_during_the_fork_leaves_no_child_and_no_open_file() -> None:
    script = """
interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)
os.register_at_fork(before=interrupt)
files = len(os.listdir("/proc/self/fd"))
try:
    with SharedWork(range(5), lambda item: time.sleep(50), list, tuple):
        print("no interrupt")
except KeyboardInterrupt:
    print(no_child(), len(os.listdir("/proc/self/fd")) - files, signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""
    assert run(script).split() == ["True", "0", "set()"]


@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_a_child_does_not_outlive_a_parent_that_was_killed(end: str, tmp_path: Path) -> None:
    script = f"""
def work(item):
    (Path(sys.argv[1]) / f"{{os.getpid()}}-{{item}}").touch()
    time.sleep(0.01)
    return bytes(300_000)
with SharedWork(range(2_000), work, bytes, bytes) as shared:
    while len(os.listdir(sys.argv[1])) < 2:
        time.sleep(0.001)
    print(*shared._child._children, flush=True)
    os.kill(os.getpid(), signal.{end})
"""
    head = "import os, signal, sys, time\nfrom pathlib import Path\nfrom sml_viewer.readers.forked import *\n"
    command = [sys.executable, "-c", head + script, str(tmp_path)]
    # The child has this pipe too: it is at its end once both have ended.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        told, _ = parent.communicate(timeout=10)
    assert parent.returncode < 0
    assert told.strip().isdecimal()
    assert 2 <= len([*tmp_path.iterdir()]) < 500


def test_a_child_whose_parent_was_killed_does_not_wait_to_be_read(tmp_path: Path) -> None:
    script = """
def work():
    while os.getppid() == parent:
        time.sleep(0.001)
    return bytes(1_000_000)
parent = os.getpid()
with ForkedWork(work) as child:
    os.kill(parent, signal.SIGKILL)
"""
    head = "import os, signal, time\nfrom sml_viewer.readers.forked import *\n"
    command = [sys.executable, "-c", head + script]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.communicate(timeout=10) == (b"", None)


@pytest.mark.parametrize("limit", ["RLIMIT_NOFILE", "RLIMIT_NPROC"])
def test_without_files_or_processes_left_there_is_no_child(limit: str) -> None:
    script = f"""
import resource
os.setresuid(65534, 65534, 65534) if os.getuid() == 0 else None
child = ForkedWork(lambda: b"done")
may_fork()
forks = may_fork()
files = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.{limit}, (0 if "{limit}" == "RLIMIT_NPROC" else files, 100))
with child:
    told = child.result()
resource.setrlimit(resource.{limit}, (100, 100))
print(forks, told, len(os.listdir("/proc/self/fd")) - files)
"""
    assert run(script).split() == ["True", "None", "0"]
