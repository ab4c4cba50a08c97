"""The other side of hextant fuzz: what AFL++'s fuzzers do with a program that speaks their fork server protocol."""
import ctypes
import os
import signal
import struct
import subprocess
import tempfile

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p
LIBC.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
MAP, MOST = 1 << 16, 1 << 20


class Shared:
    """Memory that a server finds by a number."""

    def __init__(self, size):
        self.id = LIBC.shmget(0, size, 0o1600)
        assert self.id >= 0, "no shared memory"
        self.bytes = (ctypes.c_ubyte * size).from_address(LIBC.shmat(self.id, None, 0))

    def remove(self):
        LIBC.shmctl(self.id, 0, None)


class Server:
    """One that runs inputs, from shared memory or from a file that is its standard input."""

    def __init__(self, hextant, words, shared=True):
        self.map, self.inputs = Shared(MAP), Shared(MOST + 4) if shared else None
        asks, self.ctl = os.pipe()
        self.sts, answers = os.pipe()
        self.file = tempfile.TemporaryFile()
        env = dict(os.environ, __AFL_SHM_ID=str(self.map.id))
        if shared:
            env["__AFL_SHM_FUZZ_ID"] = str(self.inputs.id)

        def give_pipes():
            os.dup2(asks, 198)
            os.dup2(answers, 199)

        self.process = subprocess.Popen([hextant, "fuzz"] + words, stdin=self.file, stdout=subprocess.PIPE, env=env,
                                        preexec_fn=give_pipes, close_fds=False)
        os.close(asks)
        os.close(answers)
        self.greeting = self.word()
        if shared:
            os.write(self.ctl, struct.pack("<I", self.greeting & 0x81000001))
        self.killed = 0

    def word(self):
        data = os.read(self.sts, 4)
        return struct.unpack("<I", data)[0] if len(data) == 4 else None

    def run(self, data, kill=False):
        """How the run ended, and its edges."""
        ctypes.memset(self.map.bytes, 0, MAP)
        if self.inputs:
            self.inputs.bytes[:4 + len(data)] = struct.pack("<I", len(data)) + data
        else:
            self.file.seek(0)
            self.file.truncate()
            self.file.write(data)
            self.file.flush()
        os.write(self.ctl, struct.pack("<I", self.killed))
        self.pid = self.word()
        if kill:  # when it has come to the end of what it may take
            while open("/proc/%d/stat" % self.pid).read().rsplit(") ", 1)[1][0] not in "S":
                pass
            os.kill(self.pid, signal.SIGKILL)
        self.killed = int(kill)
        return self.word(), bytes(self.map.bytes)

    def close(self):
        os.close(self.ctl)
        status = self.process.wait()
        os.close(self.sts)
        said = self.process.stdout.read()
        for memory in filter(None, (self.map, self.inputs)):
            memory.remove()
        assert status == 0 and not said, "a server says nothing and ends well: %s" % said
