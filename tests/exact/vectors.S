# Vector instructions of every class, for harts that have them: the vtype and the number of elements are drawn, so
# that some of the instructions are reserved for it and trap; some accesses fault in their midst. What is here is
# compared element for element, wherever it is interrupted.
    .option arch, +v
    .text

# long vectors(long x, unsigned *t): 16 KiB at t are read and written.
    .globl vectors
    .balign 4
vectors:
    andi t0, a0, 3 # vlmul: 1 to 8
    srli t1, a0, 2
    andi t1, t1, 31 # vsew of 8 to 64 bits, vta, vma; from there on it is vill
    slli t1, t1, 3
    or t0, t0, t1
    srli t1, a0, 7
    andi t1, t1, 127
    vsetvl t2, t1, t0
    vle8.v v8, (a1)
    vid.v v16
    vadd.vx v16, v16, a0
    vmul.vv v24, v16, v8
    vmsltu.vv v0, v8, v16
    vadd.vv v8, v8, v24, v0.t
    vse16.v v8, (a1)
    vand.vi v16, v16, 15
    vluxei8.v v24, (a1), v16
    vlse32.v v8, (a1), t1
    vsuxei16.v v8, (a1), v16, v0.t
    vlseg2e8.v v8, (a1), v0.t
    vssseg3e16.v v8, (a1), t1
    vsaddu.vv v8, v8, v24
    csrr t2, vxsat
    vnclip.wi v16, v8, 3
    vwmacc.vv v8, v16, v24, v0.t
    vredsum.vs v8, v16, v24
    vmv.x.s t2, v8
    add a0, a0, t2
    vcpop.m t2, v0
    add a0, a0, t2
    viota.m v8, v0
    vcompress.vm v24, v8, v0
    vrgather.vv v24, v8, v16
    vslideup.vi v24, v16, 3
    vslidedown.vx v8, v24, t2, v0.t
    vfmacc.vv v8, v16, v24
    vfredusum.vs v24, v8, v16
    vfcvt.x.f.v v16, v8, v0.t
    csrr t2, fflags
    vsetvli t2, t1, e16, m2, tu, mu
    csrwi vstart, 3
    vse32.v v8, (a1)
    csrwi vstart, 2
    vadd.vv v8, v8, v24
    csrwi vstart, 0
    vs2r.v v8, (a1)
    vl2re16.v v16, (a1)
    vmv4r.v v24, v16
    li t1, 0x84000000 # the end of memory: what lies beyond faults
    andi t0, a0, 31
    sub t1, t1, t0
    vle8ff.v v8, (t1)
    csrr t2, vl
    add a0, a0, t2
    vsetvli t2, zero, e8, m1, ta, ma
    vle8.v v8, (t1)
    vsse16.v v8, (t1), t0, v0.t
    vadd.vv v16, v16, v8
    vmv.x.s t2, v16
    xor a0, a0, t2
    ret

# What a handler that steps over an instruction does before.
    .globl from_the_first_element
from_the_first_element:
    csrw vstart, zero
    jr t1
