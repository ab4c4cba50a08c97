"""RISC-V machines in Python: libhextant as objects.

    from hextant import Machine

    with Machine("--memory=16M", "kernel.elf") as m:
        m.command("catch trap 23")
        stop = m.resume()
        print(m.traps(stop.hart)[0].rule, m.command("why"), sep="\\n")

A machine takes the words that `hextant run` takes. What fails raises Error with the library's text. One machine is used by
one thread at a time; different machines can be used by different threads.
"""
from __future__ import annotations

import ctypes
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType

__all__ = ["Access", "Error", "Hart", "Insn", "Machine", "MemoryAccess", "Mode", "Space", "Step", "Stop", "Translation", "Trap", "Why", "version"]


class Error(Exception):
    """A call has failed; the text is one line for the user."""


class Mode(enum.IntEnum):
    """A privilege mode; S is HS where there is the hypervisor extension."""

    U = 0
    S = 1
    M = 2
    VU = 3
    VS = 4
    PRESENT = 0xFF
    """the mode that the hart is in"""


class Space(enum.IntEnum):
    """What an address is."""

    PHYSICAL = 0
    GUEST_PHYSICAL = 1
    VIRTUAL = 2


class Access(enum.IntEnum):
    """What an access is for."""

    LOAD = 0
    STORE = 1
    FETCH = 2
    AMO = 3
    """an atomic that reads and may write; of hooks only"""


class Why(enum.IntEnum):
    """Why a machine stands still."""

    COUNT = 1
    """the steps are done"""
    POINT = 2
    """a breakpoint, watchpoint or catchpoint"""
    ASKED = 3
    """somebody wants to look, or a hart traps for ever"""
    ENDED = 4
    """the run is over"""


@dataclass(frozen=True)
class Stop:
    """Where and why a machine stands still."""

    why: Why
    hart: int
    point: int
    """number of the point, or 0"""
    status: int
    """exit status, if it has ended"""
    text: str


@dataclass(frozen=True)
class Step:
    """One page-table entry that a translation has read."""

    g_stage: bool
    level: int
    leaf: bool
    leaf_bits: int
    address: int
    """what this stage translates"""
    entry: int
    """where the entry is, as this stage names it"""
    entry_pa: int
    pte: int
    target: int
    refused: str
    """why it ends here, or "" """


@dataclass(frozen=True)
class Translation:
    """What would come of an access."""

    allowed: bool
    cause: int
    """the exception that it would raise, or 0"""
    rule: str
    citation: str
    pa: int | None
    gpa: int | None
    steps: list[Step] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Trap:
    """A trap that was taken."""

    interrupt: bool
    source: Mode
    target: Mode
    insn: int
    cause: int
    epc: int
    tval: int
    tval2: int
    tinst: int
    name: str
    rule: str
    citation: str


@dataclass(frozen=True)
class Insn:
    """An instruction that has retired."""

    pc: int
    bits: int
    mode: Mode


@dataclass(frozen=True)
class MemoryAccess:
    """An access of an instruction, finished."""

    kind: Access
    size: int
    mode: Mode
    device: bool
    va: int
    pa: int
    value: int


# ---- the library ----


class _Error(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 512)]


_Message = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
_Stop = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


_TrapHook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
_ModeHook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)


class _Owner(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("ctx", ctypes.c_void_p), ("message", _Message), ("stop", _Stop)]


class _StopInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("why", "hart", "point", "status")] + [("text", ctypes.c_char * 200)]


class _Place(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("hart", "space", "mode", "unused")] + [("address", ctypes.c_uint64)]


class _Step(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("g_stage", "level", "leaf", "leaf_bits")),
        *((name, ctypes.c_uint64) for name in ("address", "entry", "entry_pa", "pte", "target")),
        ("refused", ctypes.c_char_p),
    ]


class _Translation(ctypes.Structure):
    _fields_ = [
        ("allowed", ctypes.c_uint32),
        ("cause", ctypes.c_uint32),
        ("rule", ctypes.c_char_p),
        ("citation", ctypes.c_char_p),
        ("translated", ctypes.c_uint32),
        ("steps", ctypes.c_uint32),
        ("pa", ctypes.c_uint64),
        ("gpa", ctypes.c_uint64),
        ("step", _Step * 64),
    ]


class _Trap(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("interrupt", "source", "target", "insn")),
        *((name, ctypes.c_uint64) for name in ("cause", "epc", "tval", "tval2", "tinst")),
        *((name, ctypes.c_char_p) for name in ("name", "rule", "citation")),
    ]


class _Insn(ctypes.Structure):
    _fields_ = [("pc", ctypes.c_uint64), ("bits", ctypes.c_uint32), ("mode", ctypes.c_uint32)]


class _MemoryAccess(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("kind", "size", "mode", "device")),
        *((name, ctypes.c_uint64) for name in ("va", "pa", "value")),
    ]


class _Hooks(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("ctx", ctypes.c_void_p),
        ("trap", _TrapHook),
        ("mode", _ModeHook),
        ("insn", _TrapHook),
        ("memory", _TrapHook),
    ]


_lib = ctypes.CDLL("libhextant.so.0")
_P, _U32, _U64 = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
for _name, _result, _arguments in (
    ("version", ctypes.c_char_p, ()),
    ("open", _P, (ctypes.POINTER(ctypes.c_char_p), ctypes.c_size_t, _P, _P)),
    ("close", None, (_P,)),
    ("run", ctypes.c_int, (_P,)),
    ("step", ctypes.c_int, (_P, _U32, _U64, _P, _P)),
    ("continue", ctypes.c_int, (_P, _P, _P)),
    ("harts", _U32, (_P,)),
    ("xlen", _U32, (_P,)),
    ("executed", _U64, (_P,)),
    ("register_number", ctypes.c_int, (ctypes.c_char_p,)),
    ("read_register", ctypes.c_int, (_P, _U32, _U32, _P, _P)),
    ("write_register", ctypes.c_int, (_P, _U32, _U32, _U64, _P)),
    ("read_memory", ctypes.c_int, (_P, _P, _P, ctypes.c_size_t, _P)),
    ("write_memory", ctypes.c_int, (_P, _P, _P, ctypes.c_size_t, _P)),
    ("translate", ctypes.c_int, (_P, _P, _U32, _P, _P)),
    ("last_trap", ctypes.c_int, (_P, _U32, _U32, _P, _P)),
    ("command", ctypes.c_int, (_P, ctypes.c_char_p, ctypes.POINTER(_P), _P)),
    ("free", None, (_P,)),
    ("hook", ctypes.c_int, (_P, _P, _P)),
):
    _function = getattr(_lib, "hx_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


def version() -> str:
    """The library's version, with its commit."""
    return _lib.hx_version().decode()


def _trap(raw: _Trap) -> Trap:
    return Trap(bool(raw.interrupt), Mode(raw.source), Mode(raw.target), raw.insn, raw.cause, raw.epc, raw.tval, raw.tval2,
                raw.tinst, raw.name.decode(), raw.rule.decode(), raw.citation.decode())


def _insn(raw: _Insn) -> Insn:
    return Insn(raw.pc, raw.bits, Mode(raw.mode))


def _access(raw: _MemoryAccess) -> MemoryAccess:
    return MemoryAccess(Access(raw.kind), raw.size, Mode(raw.mode), bool(raw.device), raw.va, raw.pa, raw.value)


def _teller(function: Callable[[int, object], None] | None, structure: type, convert: Callable) -> object:
    """The C function that hands an event to a Python one."""
    if not function:
        return _TrapHook()
    return _TrapHook(lambda _, hart, address: function(hart, convert(structure.from_address(address))))


# ---- machines ----


class Hart:
    """A hart of a machine: hart["a0"], hart["mstatus"], hart["pc"] read and write its registers as a debugger does."""

    def __init__(self, machine: Machine, number: int) -> None:
        self.machine, self.number = machine, number

    def __getitem__(self, name: str) -> int:
        value = _U64()
        self.machine._call("read_register", self.number, self._register(name), ctypes.byref(value))
        return value.value

    def __setitem__(self, name: str, value: int) -> None:
        self.machine._call("write_register", self.number, self._register(name), value & 0xFFFFFFFFFFFFFFFF)

    @property
    def mode(self) -> Mode:
        """The mode that it is in."""
        return Mode(self["mode"])

    @staticmethod
    def _register(name: str) -> int:
        number = _lib.hx_register_number(name.encode())
        if number < 0:
            raise KeyError(name)
        return number


class Machine:
    """A machine, made of the words that `hextant run` takes. Leave it by close(), or use `with`.

    message: called with each line that the machine has for its user.
    """

    def __init__(self, *words: str, message: Callable[[str], None] | None = None) -> None:
        self._m: int | None = None
        self._hooks: list[_Hooks] = []  # C calls them as long as the machine lives
        self._told = _Message(lambda _, text: message(text.decode(errors="replace"))) if message else _Message()
        owner = _Owner(ctypes.sizeof(_Owner), None, self._told, _Stop())
        list_of_words = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
        err = _Error()
        self._m = _lib.hx_open(list_of_words, len(words), ctypes.byref(owner), ctypes.byref(err))
        if not self._m:
            raise Error(err.text.decode(errors="replace"))
        self.harts = [Hart(self, i) for i in range(_lib.hx_harts(self._m))]
        self.xlen: int = _lib.hx_xlen(self._m)

    def close(self) -> None:
        """Frees the machine; it must not be used any more."""
        if self._m:
            _lib.hx_close(self._m)
        self._m = None

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    @property
    def _handle(self) -> int:
        if not self._m:
            raise Error("the machine is closed")
        return self._m

    def _call(self, name: str, *arguments: object) -> None:
        err = _Error()
        if getattr(_lib, "hx_" + name)(self._handle, *arguments, ctypes.byref(err)):
            raise Error(err.text.decode(errors="replace"))

    # running

    def run(self) -> int:
        """Runs to its end, points or not; writes the files that the words ask for. The exit status."""
        return _lib.hx_run(self._handle)

    def step(self, count: int = 1, hart: int = 0) -> Stop:
        """Executes `count` instructions of that hart, or fewer if something stops it."""
        return self._stopped("step", hart, count)

    def resume(self) -> Stop:
        """Runs until a point that command() has set, or the end."""
        return self._stopped("continue")

    def stops(self) -> Iterator[Stop]:
        """Runs from point to point: each stop but the end."""
        while (stop := self.resume()).why != Why.ENDED:
            yield stop

    def _stopped(self, name: str, *arguments: object) -> Stop:
        stop = _StopInfo()
        self._call(name, *arguments, ctypes.byref(stop))
        return Stop(Why(stop.why), stop.hart, stop.point, stop.status, stop.text.decode(errors="replace"))

    @property
    def executed(self) -> int:
        """How many instructions all harts have executed."""
        return _lib.hx_executed(self._handle)

    def hook(self, trap: Callable[[int, Trap], None] | None = None, mode: Callable[[int, Mode, Mode], None] | None = None,
             insn: Callable[[int, Insn], None] | None = None, memory: Callable[[int, MemoryAccess], None] | None = None) -> None:
        """From now on these are called while the machine runs, with the hart's number and what has happened: a trap is about
        to be taken, the mode has changed, an instruction has retired, an access to memory is finished. They may read registers
        and memory. What they raise is printed and forgotten."""
        told = _Hooks(ctypes.sizeof(_Hooks), None, _teller(trap, _Trap, _trap),
                      _ModeHook(lambda _, hart, old, new: mode(hart, Mode(old), Mode(new))) if mode else _ModeHook(),
                      _teller(insn, _Insn, _insn), _teller(memory, _MemoryAccess, _access))
        self._call("hook", ctypes.byref(told))
        self._hooks.append(told)

    # memory

    def read(self, address: int, length: int, space: Space = Space.PHYSICAL, mode: Mode = Mode.PRESENT, hart: int = 0) -> bytes:
        """Bytes of memory, as a debugger reads them."""
        data = ctypes.create_string_buffer(length)
        self._call("read_memory", ctypes.byref(_Place(hart, space, mode, 0, address)), data, length)
        return data.raw

    def write(self, address: int, data: bytes, space: Space = Space.PHYSICAL, mode: Mode = Mode.PRESENT, hart: int = 0) -> None:
        """Writes bytes to memory likewise."""
        self._call("write_memory", ctypes.byref(_Place(hart, space, mode, 0, address)), data, len(data))

    def translate(self, address: int, access: Access = Access.LOAD, space: Space = Space.VIRTUAL, mode: Mode = Mode.PRESENT,
                  hart: int = 0) -> Translation:
        """What would come of an access, with each page-table entry that decides. Nothing changes."""
        t = _Translation()
        self._call("translate", ctypes.byref(_Place(hart, space, mode, 0, address)), access, ctypes.byref(t))
        steps = [Step(bool(s.g_stage), s.level, bool(s.leaf), s.leaf_bits, s.address, s.entry, s.entry_pa, s.pte, s.target,
                      s.refused.decode()) for s in t.step[: t.steps]]
        pa, gpa = (t.pa, t.gpa) if t.translated else (None, None)
        return Translation(bool(t.allowed), t.cause, t.rule.decode(), t.citation.decode(), pa, gpa, steps)

    # explanations

    def traps(self, hart: int = 0) -> list[Trap]:
        """The traps of a hart that are remembered, the last first."""
        traps: list[Trap] = []
        raw = _Trap()
        while _lib.hx_last_trap(self._handle, hart, len(traps), ctypes.byref(raw), None) == 0:
            traps.append(_trap(raw))
        return traps

    def command(self, line: str) -> str:
        """Executes a line of the monitor's language; what it prints."""
        text = _P()
        try:
            self._call("command", line.encode(), ctypes.byref(text))
            return ctypes.string_at(text).decode(errors="replace") if text else ""
        finally:
            _lib.hx_free(text)

    def why(self, what: str = "") -> str:
        """The explanation of the last fault, or of what `why` of the monitor takes."""
        return self.command(f"why {what}")
