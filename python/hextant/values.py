"""What a machine says of itself, as values: modes, traps, translations, explanations, events."""
from __future__ import annotations

import enum
from dataclasses import dataclass, field


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


class Console(enum.IntEnum):
    """A console of the guest's."""

    SERIAL = 0
    """the serial port, which is the firmware's as well"""
    VIRTIO = 1
    """that of --console"""


class Decider(enum.IntEnum):
    """What decided that a trap came."""

    RULE = 0
    """nothing but the rule"""
    REGISTER = 1
    ENTRY = 2
    """a page-table entry"""
    MEMORY = 3
    """PMP, or what lies at the address (PMA)"""
    TRIGGER = 4
    CACHE = 5
    """a translation that the hart has kept, not memory"""


class ChangeKind(enum.IntEnum):
    """What is changed."""

    REGISTER = 0
    PMP = 1
    """the configuration of a PMP entry"""
    ENTRY = 2
    """a page-table entry"""


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


@dataclass(frozen=True)
class SbiCall:
    """A call of the embedded firmware that has returned."""

    pc: int
    mode: Mode
    extension: int
    function: int
    error: int
    value: int
    text: str
    """the call in words"""


@dataclass(frozen=True)
class Change:
    """One change after which it would have come out differently."""

    kind: ChangeKind
    number: int
    """the CSR's number, or that of the PMP entry"""
    address: int
    """of the page-table entry"""
    mask: int
    value: int
    cause: int | None
    """of the trap that comes all the same; None: there is none"""
    interrupt: bool
    target: Mode | None
    text: str
    """the change in words"""


@dataclass(frozen=True)
class Explanation:
    """Why a trap came."""

    trap: Trap
    by: Decider
    register: int | None
    """the number of the CSR that decided,"""
    field: int
    """and its bits"""
    number: int | None
    """of the PMP entry or the trigger; None: no entry matches"""
    csr: int | None
    """the number of the CSR that was to be accessed"""
    access: Access | None
    """of an access to memory that was refused,"""
    mode: Mode | None
    """with the rights of that mode"""
    g_stage: bool
    level: int
    pa: int
    """where the page-table entry is, or where the access went"""
    pte: int
    changes: list[Change] | None
    """None: it cannot be tried again"""
