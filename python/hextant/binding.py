"""The shared library as ctypes has it: hextant.h in Python, and its structures turned into values."""
from __future__ import annotations

import ctypes
from collections.abc import Callable

from .values import (Access, Change, ChangeKind, Decider, Explanation, Insn, MemoryAccess, Mode, SbiCall, Step, Translation, Trap)


class CError(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 512)]


CMessage = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
CStop = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


CTrapHook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
CModeHook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)
CInterruptHook = CModeHook
CConsoleHook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t)


class COwner(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("ctx", ctypes.c_void_p), ("message", CMessage), ("stop", CStop)]


class CStopInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("why", "hart", "point", "status")] + [("text", ctypes.c_char * 200)]


class CPlace(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("hart", "space", "mode", "unused")] + [("address", ctypes.c_uint64)]


class CStep(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("g_stage", "level", "leaf", "leaf_bits")),
        *((name, ctypes.c_uint64) for name in ("address", "entry", "entry_pa", "pte", "target")),
        ("refused", ctypes.c_char_p),
    ]


class CTranslation(ctypes.Structure):
    _fields_ = [
        ("allowed", ctypes.c_uint32),
        ("cause", ctypes.c_uint32),
        ("rule", ctypes.c_char_p),
        ("citation", ctypes.c_char_p),
        ("translated", ctypes.c_uint32),
        ("steps", ctypes.c_uint32),
        ("pa", ctypes.c_uint64),
        ("gpa", ctypes.c_uint64),
        ("step", CStep * 64),
    ]


class CTrap(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("interrupt", "source", "target", "insn")),
        *((name, ctypes.c_uint64) for name in ("cause", "epc", "tval", "tval2", "tinst")),
        *((name, ctypes.c_char_p) for name in ("name", "rule", "citation")),
    ]


class CInsn(ctypes.Structure):
    _fields_ = [("pc", ctypes.c_uint64), ("bits", ctypes.c_uint32), ("mode", ctypes.c_uint32)]


class CMemoryAccess(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("kind", "size", "mode", "device")),
        *((name, ctypes.c_uint64) for name in ("va", "pa", "value")),
    ]


class CSbiCall(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint64) for name in ("pc", "extension", "function")),
        ("error", ctypes.c_int64),
        ("value", ctypes.c_uint64),
        *((name, ctypes.c_uint32) for name in ("mode", "unused")),
        ("text", ctypes.c_char_p),
    ]


class CChange(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("kind", "number")),
        *((name, ctypes.c_uint64) for name in ("address", "mask", "value")),
        *((name, ctypes.c_uint32) for name in ("trapped", "interrupt", "to", "unused")),
        ("cause", ctypes.c_uint64),
        ("text", ctypes.c_char * 128),
    ]


class CExplanation(ctypes.Structure):
    _fields_ = [
        ("trap", CTrap),
        ("by", ctypes.c_uint32),
        ("number", ctypes.c_int32),
        ("field", ctypes.c_uint64),
        *((name, ctypes.c_uint32) for name in ("csr", "is_access", "access", "mode", "g_stage", "level")),
        *((name, ctypes.c_uint64) for name in ("pa", "pte")),
        *((name, ctypes.c_uint32) for name in ("tried", "changes")),
        ("change", CChange * 32),
    ]


class CHooks(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("ctx", ctypes.c_void_p),
        ("trap", CTrapHook),
        ("mode", CModeHook),
        ("insn", CTrapHook),
        ("memory", CTrapHook),
        ("sbi", CTrapHook),
        ("interrupt", CInterruptHook),
        ("console", CConsoleHook),
    ]


CSR = 0x1000  # HX_REG_CSR
lib = ctypes.CDLL("libhextant.so.0")
P, U32, U64 = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
for _name, _result, _arguments in (
    ("version", ctypes.c_char_p, ()),
    ("open", P, (ctypes.POINTER(ctypes.c_char_p), ctypes.c_size_t, P, P)),
    ("close", None, (P,)),
    ("run", ctypes.c_int, (P,)),
    ("step", ctypes.c_int, (P, U32, U64, P, P)),
    ("continue", ctypes.c_int, (P, P, P)),
    ("harts", U32, (P,)),
    ("xlen", U32, (P,)),
    ("executed", U64, (P,)),
    ("register_number", ctypes.c_int, (ctypes.c_char_p,)),
    ("read_register", ctypes.c_int, (P, U32, U32, P, P)),
    ("write_register", ctypes.c_int, (P, U32, U32, U64, P)),
    ("read_memory", ctypes.c_int, (P, P, P, ctypes.c_size_t, P)),
    ("write_memory", ctypes.c_int, (P, P, P, ctypes.c_size_t, P)),
    ("translate", ctypes.c_int, (P, P, U32, P, P)),
    ("last_trap", ctypes.c_int, (P, U32, U32, P, P)),
    ("command", ctypes.c_int, (P, ctypes.c_char_p, ctypes.POINTER(P), P)),
    ("free", None, (P,)),
    ("hook", ctypes.c_int, (P, P, P)),
    ("drive", ctypes.c_int, (P, U32, U32, P)),
    ("type", ctypes.c_int, (P, U32, ctypes.c_char_p, ctypes.c_size_t, P, P)),
    ("save", ctypes.c_int, (P, ctypes.c_char_p, P)),
    ("keep", ctypes.c_int, (P, ctypes.c_char_p, P)),
    ("go_back", ctypes.c_int, (P, ctypes.c_char_p, P)),
    ("explain", ctypes.c_int, (P, U32, U32, P, P)),
):
    _function = getattr(lib, "hx_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


def trap_of(raw: CTrap) -> Trap:
    return Trap(bool(raw.interrupt), Mode(raw.source), Mode(raw.target), raw.insn, raw.cause, raw.epc, raw.tval, raw.tval2,
                raw.tinst, raw.name.decode(), raw.rule.decode(), raw.citation.decode())


def insn_of(raw: CInsn) -> Insn:
    return Insn(raw.pc, raw.bits, Mode(raw.mode))


def access_of(raw: CMemoryAccess) -> MemoryAccess:
    return MemoryAccess(Access(raw.kind), raw.size, Mode(raw.mode), bool(raw.device), raw.va, raw.pa, raw.value)


def call_of(raw: CSbiCall) -> SbiCall:
    return SbiCall(raw.pc, Mode(raw.mode), raw.extension, raw.function, raw.error, raw.value, raw.text.decode(errors="replace"))


def change_of(raw: CChange) -> Change:
    return Change(ChangeKind(raw.kind), raw.number - CSR if raw.kind == ChangeKind.REGISTER else raw.number, raw.address, raw.mask,
                  raw.value, raw.cause if raw.trapped else None, bool(raw.interrupt), Mode(raw.to) if raw.trapped else None,
                  raw.text.decode())


def explanation_of(raw: CExplanation) -> Explanation:
    by, number = Decider(raw.by), raw.number
    return Explanation(trap_of(raw.trap), by, number - CSR if by == Decider.REGISTER else None, raw.field,
                       number if by in (Decider.MEMORY, Decider.TRIGGER) and number >= 0 else None, raw.csr - CSR if raw.csr else None,
                       Access(raw.access) if raw.is_access else None, Mode(raw.mode) if raw.is_access else None, bool(raw.g_stage),
                       raw.level, raw.pa, raw.pte,
                       [change_of(c) for c in raw.change[: min(raw.changes, len(raw.change))]] if raw.tried else None)


def translation_of(t: CTranslation) -> Translation:
    steps = [Step(bool(s.g_stage), s.level, bool(s.leaf), s.leaf_bits, s.address, s.entry, s.entry_pa, s.pte, s.target,
                  s.refused.decode()) for s in t.step[: t.steps]]
    pa, gpa = (t.pa, t.gpa) if t.translated else (None, None)
    return Translation(bool(t.allowed), t.cause, t.rule.decode(), t.citation.decode(), pa, gpa, steps)


def teller(function: Callable[[int, object], None] | None, structure: type, convert: Callable) -> object:
    """The C function that hands an event to a Python one."""
    if not function:
        return CTrapHook()
    return CTrapHook(lambda _, hart, address: function(hart, convert(structure.from_address(address))))
