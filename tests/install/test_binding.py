"""The Python module hextant, as its users have it. The guest: HELLO, the example in M-mode."""
import os
import struct

import pytest
from hextant import Access, ChangeKind, Console, Decider, Error, Machine, Mode, Space, Why, version

HELLO = os.environ["HELLO"]
START = 0x80000000


@pytest.fixture
def machine():
    with Machine("--serial=null", "--memory=16M", HELLO) as m:
        yield m


def test_runs_to_its_end(machine):
    assert machine.run() == 0
    assert machine.executed > 10
    assert machine.run() == 0


def test_steps(machine):
    stop = machine.step()
    assert (stop.why, stop.hart) == (Why.COUNT, 0)
    assert machine.executed == 1
    assert machine.step(10**9).why == Why.ENDED


def test_stops_at_each_point(machine):
    machine.command(f"break {START:#x}")
    assert [stop.point for stop in machine.stops()] == [1]


def test_registers(machine):
    hart = machine.harts[0]
    hart["a0"] = -1
    assert hart["a0"] == 2**64 - 1
    hart["mscratch"] = 0x1234
    assert hart["mscratch"] == 0x1234
    assert hart.mode == Mode.M
    with pytest.raises(KeyError):
        hart["nonsense"]
    with pytest.raises(Error, match="register"):
        hart["zero"] = 1


def test_memory(machine):
    machine.write(START + 0x10000, b"hello")
    assert machine.read(START + 0x10000, 5) == b"hello"
    with pytest.raises(Error, match="nothing"):
        machine.read(0x7000_0000, 1)


def test_translation(machine):
    hart = machine.harts[0]
    refused = machine.translate(START, mode=Mode.S)
    assert not refused and refused.pa == START and refused.rule
    hart["pmpaddr0"], hart["pmpcfg0"] = 2**54 - 1, 0x1F
    assert machine.translate(START, mode=Mode.S)
    machine.write(START + 0x11000 + 8 * 2, struct.pack("<Q", START >> 12 << 10 | 0xCF))
    hart["satp"] = 8 << 60 | (START + 0x11000) >> 12
    walked = machine.translate(START + 0x123, Access.FETCH, Space.VIRTUAL, Mode.S)
    assert walked and walked.pa == START + 0x123
    assert [(s.level, s.leaf, s.leaf_bits) for s in walked.steps] == [(2, True, 30)]
    nowhere = machine.translate(0x1000, mode=Mode.S)
    assert nowhere.pa is None and nowhere.cause == 13 and nowhere.steps[0].refused


def test_hooks(machine):
    traps, insns, stores = [], [], []
    machine.hook(trap=lambda hart, trap: traps.append((hart, trap.cause)), insn=lambda hart, insn: insns.append(insn.pc),
                 memory=lambda hart, a: stores.append(a.pa) if a.kind == Access.STORE else None)
    machine.write(START, struct.pack("<I", 0x00002023))  # sw x0,0(x0)
    machine.harts[0]["mtvec"] = START + 8
    machine.harts[0]["pc"] = START
    machine.step(3)
    assert traps == [(0, 7)]
    assert insns[0] == START + 8 and START not in insns
    assert machine.traps()[0].epc == START
    assert "cause 7" in machine.why()


def test_console(machine):
    said = []
    machine.hook(console=lambda console, data: said.append((console, data)))
    assert machine.run() == 0
    assert {console for console, _ in said} == {Console.SERIAL}
    assert b"".join(data for _, data in said) == b"hello from M-mode\n"


def test_keys(machine):
    assert machine.type(b"ab") == 2
    with pytest.raises(Error, match="no console"):
        machine.type(b"a", Console.VIRTIO)


def test_firmware():
    calls = []
    with Machine("--serial=null", "--memory=16M", "--firmware=sbi", HELLO) as m:
        m.hook(sbi=lambda hart, call: calls.append((hart, call.extension, call.function, call.mode, call.error)))
        m.command(f"break {START:#x}")
        m.resume()
        m.write(START, struct.pack("<I", 0x00000073))  # ecall
        m.harts[0]["a7"], m.harts[0]["a6"] = 0x10, 0  # base: the version of SBI
        m.step(1000)
    assert calls[0] == (0, 0x10, 0, Mode.S, 0)


def test_wires(machine):
    levels = []
    hart = machine.harts[0]
    machine.hook(interrupt=lambda hart, number, level: levels.append((hart, number, level)))
    code = (0x00B52023, 0x00D62023, 0x0000006F)  # sw a1,0(a0); sw a3,0(a2); j .
    machine.write(START, struct.pack("<3I", *code))
    hart["a0"], hart["a1"] = 0xC000000 + 4 * 20, 1  # the priority of source 20
    hart["a2"], hart["a3"] = 0xC002000, 1 << 20  # it is enabled for M-mode
    hart["pc"] = START
    machine.step(2)
    machine.drive(20, True)
    machine.step(2)
    assert levels == [(0, 11, True)]
    assert hart["mip"] >> 11 & 1
    with pytest.raises(Error, match="no input 0"):
        machine.drive(0, True)


def test_mode(machine):
    hart = machine.harts[0]
    hart.mode = Mode.VS
    assert hart.mode == Mode.VS
    with pytest.raises(Error):
        hart.mode = 9


def test_snapshots(machine, tmp_path):
    file = str(tmp_path / "snapshot")
    machine.step(5)
    machine.keep("here")
    machine.save(file)
    pc = machine.harts[0]["pc"]
    assert machine.step(10**9).why == Why.ENDED
    machine.go_back("here")
    assert (machine.executed, machine.harts[0]["pc"]) == (5, pc)
    with Machine("--restore=" + file) as again:
        assert (again.executed, again.harts[0]["pc"]) == (5, pc)
        assert again.run() == 0
    with pytest.raises(Error, match="no snapshot 'there'"):
        machine.go_back("there")


def test_explanation(machine):
    machine.write(START, struct.pack("<I", 0xC0002573))  # csrr a0,cycle
    hart = machine.harts[0]
    hart["pmpaddr0"], hart["pmpcfg0"], hart["mcounteren"] = 2**54 - 1, 0x1F, 0
    hart.mode, hart["pc"] = Mode.S, START
    machine.step()
    e = machine.explain()
    assert (e.trap.cause, e.by, e.register, e.csr) == (2, Decider.REGISTER, 0x306, 0xC00)
    assert e.access is None and e.changes
    change = next(c for c in e.changes if c.kind == ChangeKind.REGISTER and c.number == 0x306)
    assert (change.mask, change.value, change.cause) == (1, 1, None)
    hart.mode, hart["pmpcfg0"], hart["pc"] = Mode.S, 0x1B, START
    machine.step()
    e = machine.explain()
    assert (e.by, e.number, e.access, e.mode, e.pa) == (Decider.MEMORY, 0, Access.FETCH, Mode.S, START)
    assert any(c.text == "pmp0cfg.X = 1" for c in e.changes)


def test_messages():
    said = []
    with Machine("--serial=null", "--max-insns=5", HELLO, message=said.append) as m:
        assert m.run() == 124
    assert any("5 instructions" in line for line in said)


def test_what_is_wrong(machine):
    with pytest.raises(Error, match="--nonsense"):
        Machine("--nonsense", HELLO)
    with pytest.raises(Error, match="no command 'nonsense'"):
        machine.command("nonsense")
    with pytest.raises(Error, match="no hart 7"):
        machine.step(hart=7)
    machine.close()
    with pytest.raises(Error, match="closed"):
        machine.step()
    assert version()
