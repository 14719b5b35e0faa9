"""Kernels that are already warm: one process imports the heavy stack once, then forks a kernel per notebook.

POSIX only; elsewhere (`WarmKernels.supported` is False) the runner starts plain kernels.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from crmlab.errors import RunError
from crmlab.run.notebook import ONE_THREAD

PRELOAD = "crmlab.warm"  # imported before the first fork
START_TIMEOUT = 60.0  # seconds until the warm process must have imported everything

# Runs in the warm process. It ends, with all its kernels, when its standard input closes: that is, when crmlab dies.
_ZYGOTE = r"""
import importlib, json, os, select, signal, socket, struct, sys
import ipykernel.kernelapp, matplotlib_inline.backend_inline
importlib.import_module(sys.argv[2])
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(16)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
kernels = []
os.write(1, b"ready\n")
while True:
    readable, _, _ = select.select([listener, 0], [], [])
    if 0 in readable:
        for pid in kernels:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os._exit(0)
    link, _ = listener.accept()
    (size,) = struct.unpack("I", link.recv(4, socket.MSG_WAITALL))
    order = json.loads(link.recv(size, socket.MSG_WAITALL))
    pid = os.fork()
    if pid:
        kernels.append(pid)
        link.sendall(struct.pack("I", pid))
        link.close()
        continue
    os.setsid()
    listener.close()
    link.close()
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    sys.argv = ["ipykernel_launcher", *order["argv"]]
    ipykernel.kernelapp.launch_new_instance(order["argv"])
    os._exit(0)
"""


class WarmKernels:
    """The warm process. It starts importing at once; the first `fork` waits until it is ready."""

    supported = hasattr(os, "fork") and hasattr(socket, "AF_UNIX")

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crmlab-")
        self._socket = str(Path(self._folder.name) / "s")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ZYGOTE, self._socket, PRELOAD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
        self._ready = False
        self._turn = threading.Lock()

    def fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> int:
        """Start a kernel with this command line and give its process id."""
        self._wait()
        order = json.dumps({"argv": argv, "cwd": cwd, "env": env}).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(START_TIMEOUT)
            link.connect(self._socket)
            link.sendall(struct.pack("I", len(order)) + order)
            return int(struct.unpack("I", link.recv(4, socket.MSG_WAITALL))[0])

    def close(self) -> None:
        """End the warm process and every kernel it forked."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._folder.cleanup()

    def _wait(self) -> None:
        with self._turn:  # two first steps may both wait for the one line that says it is ready
            if self._ready:
                return
            assert self._process.stdout is not None
            assert self._process.stderr is not None
            if self._process.stdout.readline() != b"ready\n":
                told = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
                raise RunError(f"kernels cannot be started: {told[-1] if told else 'the warm process ended'}")
            self._ready = True


class _Forked:
    """The slice of `subprocess.Popen` that the provisioner needs, for a process that is not our child."""

    stdout = stderr = stdin = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.005)
        return 0

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _ForkProvisioner(LocalProvisioner):
    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        env = {key: str(value) for key, value in (kwargs.get("env") or os.environ).items()}
        arguments = cmd[cmd.index("-m") + 2 :]  # python -m ipykernel_launcher -f connection.json ...
        warm: WarmKernels = self.parent.warm  # type: ignore[union-attr]
        pid = warm.fork(arguments, str(kwargs.get("cwd") or Path.cwd()), env)
        self.process = _Forked(pid)  # type: ignore[assignment]
        self.pid = self.pgid = pid
        return self.connection_info


_running: set[int] = set()  # process groups of the kernels that this process has running


def started(pid: int) -> None:
    """Remember a kernel, so that an interrupted run leaves none behind."""
    _running.add(pid)


def kill_running() -> None:
    """End every kernel of this process at once."""
    while _running:
        pid = _running.pop()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL) if hasattr(os, "killpg") else os.kill(pid, signal.SIGTERM)


class _LocalManager(AsyncKernelManager):
    """Talks to its kernel through files of this user rather than ports that others can listen to."""

    def _transport_default(self) -> str:
        return "ipc"

    def _ip_default(self) -> str:
        return str(Path(tempfile.gettempdir()) / f"crmlab-{uuid.uuid4().hex[:12]}")


def manager(warm: WarmKernels | None) -> type[AsyncKernelManager]:
    """The kernel manager class for nbclient: forking from `warm`, or starting a process of its own."""
    if warm is None:
        return _LocalManager if WarmKernels.supported else AsyncKernelManager

    class WarmManager(_LocalManager):
        async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
            self.warm = warm
            self.provisioner = _ForkProvisioner(
                kernel_id=self.kernel_id or "crmlab", kernel_spec=self.kernel_spec, parent=self
            )
            return await super()._async_pre_start_kernel(**kwargs)

        pre_start_kernel = _async_pre_start_kernel  # type: ignore[assignment]

    return WarmManager
