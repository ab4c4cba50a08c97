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
import os
from collections.abc import Callable, Iterator
from types import TracebackType

from .binding import (CConsoleHook, CError, CExplanation, CHooks, CInsn, CInterruptHook, CMemoryAccess, CMessage, CModeHook,
                     COwner, CPlace, CSbiCall, CStop, CStopInfo, CTranslation, CTrap, P, U64, access_of, call_of,
                     explanation_of, insn_of, lib, teller, translation_of, trap_of)
from .values import (Access, Change, ChangeKind, Console, Decider, Error, Explanation, Insn, MemoryAccess, Mode, SbiCall, Space, Step,
                     Stop, Translation, Trap, Why)

__all__ = ["Access", "Change", "ChangeKind", "Console", "Decider", "Error", "Explanation", "Hart", "Insn", "Machine", "MemoryAccess", "Mode",
           "SbiCall", "Space", "Step", "Stop", "Translation", "Trap", "Why", "version"]


def version() -> str:
    """The library's version, with its commit."""
    return lib.hx_version().decode()


class Hart:
    """A hart of a machine: hart["a0"], hart["mstatus"], hart["pc"] read and write its registers as a debugger does."""

    def __init__(self, machine: Machine, number: int) -> None:
        self.machine, self.number = machine, number

    def __getitem__(self, name: str) -> int:
        value = U64()
        self.machine._call("read_register", self.number, self._register(name), ctypes.byref(value))
        return value.value

    def __setitem__(self, name: str, value: int) -> None:
        self.machine._call("write_register", self.number, self._register(name), value & 0xFFFFFFFFFFFFFFFF)

    @property
    def mode(self) -> Mode:
        """The mode that it is in; it can be put into another."""
        return Mode(self["mode"])

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self["mode"] = mode

    @staticmethod
    def _register(name: str) -> int:
        number = lib.hx_register_number(name.encode())
        if number < 0:
            raise KeyError(name)
        return number


class Machine:
    """A machine, made of the words that `hextant run` takes. Leave it by close(), or use `with`.

    message: called with each line that the machine has for its user.
    """

    def __init__(self, *words: str, message: Callable[[str], None] | None = None) -> None:
        self._m: int | None = None
        self._hooks: list[CHooks] = []  # C calls them as long as the machine lives
        self._told = CMessage(lambda _, text: message(text.decode(errors="replace"))) if message else CMessage()
        owner = COwner(ctypes.sizeof(COwner), None, self._told, CStop())
        list_of_words = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
        err = CError()
        self._m = lib.hx_open(list_of_words, len(words), ctypes.byref(owner), ctypes.byref(err))
        if not self._m:
            raise Error(err.text.decode(errors="replace"))
        self.harts = [Hart(self, i) for i in range(lib.hx_harts(self._m))]
        self.xlen: int = lib.hx_xlen(self._m)

    def close(self) -> None:
        """Frees the machine; it must not be used any more."""
        if self._m:
            lib.hx_close(self._m)
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
        err = CError()
        if getattr(lib, "hx_" + name)(self._handle, *arguments, ctypes.byref(err)):
            raise Error(err.text.decode(errors="replace"))

    # running

    def run(self) -> int:
        """Runs to its end, points or not; writes the files that the words ask for. The exit status."""
        return lib.hx_run(self._handle)

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
        stop = CStopInfo()
        self._call(name, *arguments, ctypes.byref(stop))
        return Stop(Why(stop.why), stop.hart, stop.point, stop.status, stop.text.decode(errors="replace"))

    @property
    def executed(self) -> int:
        """How many instructions all harts have executed."""
        return lib.hx_executed(self._handle)

    def hook(self, trap: Callable[[int, Trap], None] | None = None, mode: Callable[[int, Mode, Mode], None] | None = None,
             insn: Callable[[int, Insn], None] | None = None, memory: Callable[[int, MemoryAccess], None] | None = None,
             sbi: Callable[[int, SbiCall], None] | None = None, interrupt: Callable[[int, int, bool], None] | None = None,
             console: Callable[[Console, bytes], None] | None = None) -> None:
        """From now on these are called while the machine runs, with the hart's number and what has happened: a trap is about
        to be taken, the mode has changed, an instruction has retired, an access to memory is finished, the firmware has served
        a call, the wire of an interrupt is up or down; the guest has written to a console. They may read registers and
        memory. What they raise is printed and forgotten."""
        told = CHooks(ctypes.sizeof(CHooks), None, teller(trap, CTrap, trap_of),
                      CModeHook(lambda _, hart, old, new: mode(hart, Mode(old), Mode(new))) if mode else CModeHook(),
                      teller(insn, CInsn, insn_of), teller(memory, CMemoryAccess, access_of), teller(sbi, CSbiCall, call_of),
                      CInterruptHook(lambda _, hart, number, level: interrupt(hart, number, bool(level))) if interrupt else CInterruptHook(),
                      CConsoleHook(lambda _, which, data, length: console(Console(which), ctypes.string_at(data, length))) if console
                      else CConsoleHook())
        self._call("hook", ctypes.byref(told))
        self._hooks.append(told)

    # what comes from outside

    def drive(self, source: int, level: bool) -> None:
        """Drives an input of the interrupt controller, as a device's wire does: it stays there until it is driven again."""
        self._call("drive", source, level)

    def type(self, data: bytes, console: Console = Console.SERIAL) -> int:
        """Types into a console; how many of the bytes there was room for."""
        taken = ctypes.c_size_t()
        self._call("type", console, data, len(data), ctypes.byref(taken))
        return taken.value

    # snapshots

    def save(self, path: str) -> None:
        """Saves the machine to a file, from which Machine("--restore=" + path) makes it again."""
        self._call("save", os.fsencode(path))

    def keep(self, name: str) -> None:
        """Keeps the machine as it is, in memory, for go_back()."""
        self._call("keep", name.encode())

    def go_back(self, name: str) -> None:
        """The machine is again as it was kept, any number of times; not after run()."""
        self._call("go_back", name.encode())

    # memory

    def read(self, address: int, length: int, space: Space = Space.PHYSICAL, mode: Mode = Mode.PRESENT, hart: int = 0) -> bytes:
        """Bytes of memory, as a debugger reads them."""
        data = ctypes.create_string_buffer(length)
        self._call("read_memory", ctypes.byref(CPlace(hart, space, mode, 0, address)), data, length)
        return data.raw

    def write(self, address: int, data: bytes, space: Space = Space.PHYSICAL, mode: Mode = Mode.PRESENT, hart: int = 0) -> None:
        """Writes bytes to memory likewise."""
        self._call("write_memory", ctypes.byref(CPlace(hart, space, mode, 0, address)), data, len(data))

    def translate(self, address: int, access: Access = Access.LOAD, space: Space = Space.VIRTUAL, mode: Mode = Mode.PRESENT,
                  hart: int = 0) -> Translation:
        """What would come of an access, with each page-table entry that decides. Nothing changes."""
        t = CTranslation()
        self._call("translate", ctypes.byref(CPlace(hart, space, mode, 0, address)), access, ctypes.byref(t))
        return translation_of(t)

    # explanations

    def traps(self, hart: int = 0) -> list[Trap]:
        """The traps of a hart that are remembered, the last first."""
        traps: list[Trap] = []
        raw = CTrap()
        while lib.hx_last_trap(self._handle, hart, len(traps), ctypes.byref(raw), None) == 0:
            traps.append(trap_of(raw))
        return traps

    def explain(self, n: int = 0, hart: int = 0) -> Explanation:
        """The n-th last trap of a hart (0: the last) explained: what why() says, as values."""
        raw = CExplanation()
        self._call("explain", hart, n, ctypes.byref(raw))
        return explanation_of(raw)

    def command(self, line: str) -> str:
        """Executes a line of the monitor's language; what it prints."""
        text = P()
        try:
            self._call("command", line.encode(), ctypes.byref(text))
            return ctypes.string_at(text).decode(errors="replace") if text else ""
        finally:
            lib.hx_free(text)

    def why(self, what: str = "") -> str:
        """The explanation of the last fault, or of what `why` of the monitor takes."""
        return self.command(f"why {what}")
