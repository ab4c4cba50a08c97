# The guest, which stands at 0x80000000 as it sees it. What it does is in the page behind its code, at
# 0x80001000, where a fuzzer writes, a1 bytes: of each eight the first four say what (bit 31: a load
# from the device, bit 30: a call that prints, else a store), and the rest is a value.
        .globl  guest_start, guest_end
        .section .rodata
        .balign 8
guest_start:
        li      s0, 0x80001000
        srli    s1, a1, 3
        li      s2, 0x10000000          # the device
1:      beqz    s1, 4f
        lw      t0, 0(s0)
        lw      t1, 4(s0)
        addi    s0, s0, 8
        addi    s1, s1, -1
        andi    t2, t0, 0xc
        add     t2, t2, s2
        bltz    t0, 2f
        slli    t3, t0, 33
        bltz    t3, 3f
        sw      t1, 0(t2)
        j       1b
2:      lw      t1, 0(t2)
        j       1b
3:      mv      a0, t1                  # so many bytes of the page
        li      a1, 0x80001000
        li      a6, 0
        li      a7, 0x4442434e
        ecall
        j       1b
4:      li      a0, 0                   # that was all: shut down
        li      a1, 0
        li      a6, 0
        li      a7, 0x53525354
        ecall
guest_end:
