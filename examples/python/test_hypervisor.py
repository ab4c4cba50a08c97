"""A hypervisor tested with pytest: what its guest may reach, and what comes of it when it strays.

    make -C ../hypervisor
    pytest-3
"""
import os
from pathlib import Path

import pytest
from hextant import Access, Machine, Mode, Space, Why

PROGRAM = os.environ.get("HYPERVISOR", str(Path(__file__).parent / "../hypervisor/hypervisor"))
GUEST_START, GUEST_SIZE, PAGE = 0x80000000, 2 << 20, 4096


@pytest.fixture
def machine(tmp_path):
    with Machine("--memory=64M", f"--serial=file:{tmp_path}/console", PROGRAM) as m:
        yield m


@pytest.fixture
def in_guest(machine):
    """The machine at the guest's first instruction."""
    machine.command("catch mode --mode=VS")
    assert machine.resume().why == Why.POINT
    return machine


def test_says_hello(machine, tmp_path):
    assert machine.run() == 0
    assert "hello from VS-mode" in (tmp_path / "console").read_text()


def test_guest_has_its_memory_and_no_more(in_guest):
    def allowed(gpa):
        return bool(in_guest.translate(gpa, Access.STORE, Space.VIRTUAL, Mode.VS))

    assert all(allowed(gpa) for gpa in range(GUEST_START, GUEST_START + GUEST_SIZE, PAGE))
    assert not allowed(GUEST_START - PAGE)
    assert not allowed(GUEST_START + GUEST_SIZE)


def test_stray_store_goes_to_the_hypervisor(machine):
    machine.command("catch trap 23")
    stop = machine.resume()
    trap = machine.traps(stop.hart)[0]
    assert (trap.source, trap.target) == (Mode.VS, Mode.S)
    assert trap.tval == 0x10000000
    assert trap.citation == "norm:H_vm_gstagetrans"
    walk = machine.translate(trap.tval, Access.STORE, Space.VIRTUAL, Mode.VS, stop.hart)
    assert not walk and walk.steps[-1].g_stage and walk.steps[-1].pte == 0


def test_every_exit_is_a_call_or_the_stray_store(machine):
    machine.command("catch trap --to=HS")
    causes = [machine.traps(stop.hart)[0].cause for stop in machine.stops()]
    assert causes[-1] == 23 and set(causes[:-1]) == {10}
