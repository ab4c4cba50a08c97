/* Interrupt files of the machine and the supervisor (AIA 3): registers, xtopei, messages. */
#include "imsic.h"

static const struct level {
    u16 select, topei;
    ulong page;
    unsigned irq;
} levels[] = {{CSR_MISELECT, CSR_MTOPEI, M_PAGE, IRQ_MEI},
              {CSR_SISELECT, CSR_STOPEI, S_PAGE, IRQ_SEI}};
#define FOR_EACH_LEVEL(l) for (const struct level *l = levels; l < levels + 2; l++)

/* ---- 3.7, 3.8: registers ---- */

TEST("AIA 3.8.1: eidelivery holds 0 and 1, and no other value")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        static const ulong others[] = {2, 3, 0x40000000, 0x40000001, ~0ul};
        CHECK_EQ(file_probe(l->select, EIDELIVERY, 1), 1);
        for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
            CHECK_EQ(file_probe(l->select, EIDELIVERY, others[i]), 1);
        CHECK_EQ(file_probe(l->select, EIDELIVERY, 0), 0);
    }
}

TEST("AIA 3.8.2: eithreshold holds every value from 0 to the largest identity")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        unsigned last = last_identity(l->select);
        for (ulong v = last; v; v -= 1 + v / 8)
            CHECK_EQ(file_probe(l->select, EITHRESHOLD, v), v);
        file_put(l->select, EITHRESHOLD, 0);
    }
}

TEST("AIA 3.1 3.8.3 3.8.4: a bit for each identity, 63 more than a multiple of 64; bit 0 and what "
     "is "
     "above read zero")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        unsigned last = last_identity(l->select);
        CHECK_EQ(last % 64, 63);
        for (unsigned r = 0; r < 64; r += RV64 ? 2 : 1) {
            ulong want = r * 32 > last ? 0 : r ? ~0ul : ~1ul;
            context("register", r);
            CHECK_EQ(file_probe(l->select, EIP0 + r, ~0ul), want);
            CHECK_EQ(file_probe(l->select, EIE0 + r, ~0ul), want);
        }
    }
}

TEST("AIA 3.8.3 3.8.4: on RV64 the odd registers do not exist")
{
    need_imsic();
    NEED(RV64, "RV32");
    for (unsigned r = 0; r < 64; r++) {
        ulong outcome = r & 1 ? EXC_ILLEGAL : NO_TRAP;
        csr_put(CSR_MISELECT, EIP0 + r);
        csr_put(CSR_SISELECT, EIE0 + r);
        EXPECT_OUTCOME(MODE_M, PEEK(CSR_MIREG), outcome);
        EXPECT_OUTCOME(MODE_M, TOUCH(CSR_SIREG), outcome);
        EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), outcome);
    }
}

TEST("AIA 3.7: reserved registers 0x71 and 0x73 to 0x7f read zero and ignore writes")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        for (unsigned r = 0x71; r < 0x80; r++)
            if (r != EITHRESHOLD)
                CHECK_EQ(file_probe(l->select, r, ~0ul), 0);
    }
    csr_put(CSR_SISELECT, 0x7f);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), NO_TRAP);
}

TEST("AIA 2.1 2.2: mireg2 to 6 and sireg2 to 6 show nothing of an interrupt file")
{
    need_imsic();
    for (unsigned r = CSR_SIREG2; r <= CSR_SIREG6; r++) {
        if (r == 0x154) /* siph, miph */
            continue;
        csr_put(CSR_MISELECT, EIDELIVERY);
        csr_put(CSR_SISELECT, EIDELIVERY);
        EXPECT_OUTCOME(MODE_M, PEEK(r + 0x200), EXC_ILLEGAL);
        EXPECT_OUTCOME(MODE_HS, PEEK(r), EXC_ILLEGAL);
    }
}

/* ---- 3.9: xtopei ---- */

TEST("AIA 3.9: xtopei shows the lowest identity that is pending and enabled, twice; eidelivery and "
     "the hart's enables do not matter")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        unsigned last = last_identity(l->select);
        CHECK_EQ(csr_get(l->topei), 0);
        file_set(l->select, EIP0, last, 1);
        CHECK_EQ(csr_get(l->topei), 0);
        file_set(l->select, EIE0, last, 1);
        CHECK_EQ(csr_get(l->topei), EID(last));
        file_set(l->select, EIP0, 5, 1);
        CHECK_EQ(csr_get(l->topei), EID(last));
        file_set(l->select, EIE0, 5, 1);
        CHECK_EQ(csr_get(l->topei), EID(5));
        file_set(l->select, EIE0, 5, 0);
        CHECK_EQ(csr_get(l->topei), EID(last));
    }
}

TEST("AIA 3.8.2 3.9: a threshold P masks the identities from P on; 0 masks none")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        file_set(l->select, EIE0, 9, 1);
        file_set(l->select, EIP0, 9, 1);
        file_put(l->select, EIDELIVERY, 1);
        for (ulong p = 0; p < 12; p++) {
            int passes = p == 0 || 9 < p;
            file_put(l->select, EITHRESHOLD, p);
            CHECK_EQ(csr_get(l->topei), passes ? EID(9) : 0);
            CHECK_EQ(csr_read(CSR_MIP) >> l->irq & 1, passes);
        }
    }
}

TEST("AIA 3.9: a write claims what is reported, whatever is written; a read, and CSRRS with x0, do "
     "not")
{
    need_imsic();
    static const u32 writes[] = {CSRRW(A0, CSR_STOPEI, ZERO), CSRRS(A0, CSR_STOPEI, A1),
                                 CSRRC(A0, CSR_STOPEI, A1), CSRRWI(A0, CSR_STOPEI, 31),
                                 CSRRSI(A0, CSR_STOPEI, 1)};
    file_set(CSR_SISELECT, EIE0, 3, 1);
    file_set(CSR_SISELECT, EIE0, 4, 1);
    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        context("instruction", i);
        file_set(CSR_SISELECT, EIP0, 3, 1);
        file_set(CSR_SISELECT, EIP0, 4, 1);
        EXPECT_DONE(exec(MODE_HS, CSRRS(A0, CSR_STOPEI, ZERO), 0, 0));
        struct trap t = exec(MODE_HS, writes[i], 0, 0);
        EXPECT_DONE(t);
        CHECK_EQ(RESULT(t), EID(3));
        CHECK(!file_bit(CSR_SISELECT, EIP0, 3));
        CHECK_EQ(csr_get(CSR_STOPEI), EID(4));
        csr_put(CSR_STOPEI, EID(3));
        CHECK(!file_bit(CSR_SISELECT, EIP0, 4));
        CHECK_EQ(csr_get(CSR_STOPEI), 0);
        csr_put(CSR_STOPEI, 0); /* nothing to claim */
    }
}

TEST("AIA 3.10: the signal follows eidelivery, eie, eip, the threshold and a claim")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
#define SIGNAL (csr_read(CSR_MIP) >> l->irq & 1)
        file_set(l->select, EIP0, 7, 1);
        file_set(l->select, EIE0, 7, 1);
        CHECK_EQ(SIGNAL, 0);
        file_put(l->select, EIDELIVERY, 1);
        CHECK_EQ(SIGNAL, 1);
        file_set(l->select, EIE0, 7, 0);
        CHECK_EQ(SIGNAL, 0);
        file_set(l->select, EIE0, 7, 1);
        CHECK_EQ(SIGNAL, 1);
        file_put(l->select, EITHRESHOLD, 7);
        CHECK_EQ(SIGNAL, 0);
        file_put(l->select, EITHRESHOLD, 8);
        CHECK_EQ(SIGNAL, 1);
        csr_put(l->topei, 0);
        CHECK_EQ(SIGNAL, 0);
        file_set(l->select, EIP0, 7, 1);
        CHECK_EQ(SIGNAL, 1);
        file_put(l->select, EIDELIVERY, 0);
        CHECK_EQ(SIGNAL, 0);
#undef SIGNAL
    }
}

/* ---- 3.5: messages ---- */

TEST("AIA 3.5: a message sets the pending bit of its identity, and of no other file")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        unsigned last = last_identity(l->select);
        for (unsigned n = 1; n <= last; n += 31) {
            message(l->page, n);
            CHECK(file_bit(l->select, EIP0, n));
            file_set(l->select, EIP0, n, 0);
        }
        message(l->page, last);
        CHECK(file_bit(l->select, EIP0, last));
        CHECK(!file_bit(l->select == CSR_MISELECT ? CSR_SISELECT : CSR_MISELECT, EIP0, last));
        clear_file(l->select);
    }
}

TEST("AIA 3.5: identity 0 and those that are not implemented are ignored, all 32 bits counted")
{
    need_imsic();
    unsigned last = last_identity(CSR_SISELECT);
    u32 ignored[] = {0, last + 1, 2048, 0x10001, 0x80000001, ~0u};
    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        message(S_PAGE, ignored[i]);
    for (unsigned r = 0; r < 64; r += RV64 ? 2 : 1)
        CHECK_EQ(file_get(CSR_SISELECT, EIP0 + r), 0);
}

TEST("AIA 3.5: seteipnum_be takes big-endian identities; the rest of the page is read-only zero, "
     "reads give zero")
{
    need_imsic();
    message(S_PAGE + 4, 0x05000000);
    CHECK(file_bit(CSR_SISELECT, EIP0, 5));
    for (ulong at = 8; at < PAGE; at += 4)
        message(S_PAGE + at, 6);
    CHECK(!file_bit(CSR_SISELECT, EIP0, 6));
    for (ulong at = 0; at < PAGE; at += 4)
        CHECK_EQ(*(volatile u32 *)(S_PAGE + at), 0);
}

TEST("AIA 3.5: accesses of other sizes and AMOs are access faults and do nothing")
{
    need_imsic();
    EXPECT_TRAP(exec(MODE_HS, SB(A1, A0, 0), S_PAGE, 5), .bank = BANK_M, .cause = EXC_STORE_ACCESS,
                .tval = S_PAGE, TINST(SB(A1, A0, 0) & ~0xfe0f8000u));
    CHECK_EQ(exec(MODE_HS, SH(A1, A0, 0), S_PAGE, 5).cause, EXC_STORE_ACCESS);
    CHECK_EQ(exec(MODE_HS, AMOADD_W(A1, A1, A0), S_PAGE, 5).cause, EXC_STORE_ACCESS);
    CHECK_EQ(exec(MODE_HS, LB(A1, A0, 0), S_PAGE, 0).cause, EXC_LOAD_ACCESS);
    CHECK_EQ(csr_get(CSR_STOPEI), 0);
    CHECK(!file_bit(CSR_SISELECT, EIP0, 5));
}

TEST("AIA 3.10: a message interrupts the hart, and a claim ends it")
{
    need_imsic();
    FOR_EACH_LEVEL(l)
    {
        csr_write(CSR_MIDELEG, BIT(IRQ_SEI));
        csr_write(CSR_MIE, BIT(l->irq));
        file_put(l->select, EIDELIVERY, 1);
        file_set(l->select, EIE0, 12, 1);
        EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
        message(l->page, 12);
        check_taken(__LINE__, l->irq == IRQ_MEI ? BANK_M : BANK_HS, l->irq);
        csr_put(l->topei, 0);
        EXPECT_DONE(RUN(MODE_U, CODE(NOP)));
    }
}

/* ---- 5.2.2, 5.4.2: priorities ---- */

TEST("AIA 5.2.1 5.2.2 5.4.2: the identity is the external interrupt's priority number")
{
    need_imsic();
    csr_write(CSR_MIDELEG, BIT(IRQ_SEI) | BIT(IRQ_SSI));
    csr_write(CSR_MIE, BIT(IRQ_SEI) | BIT(IRQ_SSI));
    file_put(CSR_SISELECT, EIDELIVERY, 1);
    file_set(CSR_SISELECT, EIE0, 20, 1);
    message(S_PAGE, 20);
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 20);
    csr_set(CSR_MIP, BIT(IRQ_SSI));
    NEED(set_priority(CSR_SISELECT, IRQ_SSI, 19) == 19, "no priority numbers");
    CHECK_TOPI(CSR_STOPI, IRQ_SSI, 19);
    set_priority(CSR_SISELECT, IRQ_SSI, 20); /* a tie: the default order */
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 20);
    set_priority(CSR_SISELECT, IRQ_SSI, 21);
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 20);
    check_taken(__LINE__, BANK_HS, IRQ_SEI);
    set_priority(CSR_SISELECT, IRQ_SSI, 0);
}

TEST("AIA 5.4.2: an interrupt that the file does not supply has 256")
{
    need_imsic();
    csr_write(CSR_MIDELEG, BIT(IRQ_SEI));
    csr_write(CSR_MIE, BIT(IRQ_SEI));
    file_set(CSR_SISELECT, EIE0, 20, 1);
    message(S_PAGE, 20);
    csr_set(CSR_MIP, BIT(IRQ_SEI));
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 255); /* not delivered: software's bit alone */
    file_put(CSR_SISELECT, EIDELIVERY, 1);
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 20);
    csr_clear(CSR_MIP, BIT(IRQ_SEI));
    CHECK_TOPI(CSR_STOPI, IRQ_SEI, 20);
    csr_put(CSR_STOPEI, 0);
    CHECK_EQ(csr_get(CSR_STOPI), 0);
}

TEST("AIA 3.9 5.2.2: identities above 255 come last and show as 255")
{
    need_imsic();
    unsigned last = last_identity(CSR_MISELECT);
    NEED(last > 255, "no identities above 255");
    csr_write(CSR_MIE, BIT(IRQ_MEI));
    file_put(CSR_MISELECT, EIDELIVERY, 1);
    file_set(CSR_MISELECT, EIE0, last, 1);
    message(M_PAGE, last);
    CHECK_EQ(csr_get(CSR_MTOPEI), EID(last));
    CHECK_TOPI(CSR_MTOPI, IRQ_MEI, 255);
}

/* ---- 5.3: filtering ---- */

TEST("AIA 5.3: with mvien[9] S-mode may not touch the supervisor's file; M-mode may, and mip.SEIP "
     "is "
     "its signal alone")
{
    need_imsic();
    csr_put64(CSR_MVIEN, BIT(IRQ_SEI));
    NEED(csr_get64(CSR_MVIEN) & BIT(IRQ_SEI), "mvien[9] is read-only zero");
    csr_put(CSR_SISELECT, EIDELIVERY);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_SIREG), NO_TRAP);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_STOPEI), NO_TRAP);
    csr_put64(CSR_MVIP, BIT(IRQ_SEI));
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), 0);
    file_put(CSR_SISELECT, EIDELIVERY, 1);
    file_set(CSR_SISELECT, EIE0, 2, 1);
    message(S_PAGE, 2);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), BIT(IRQ_SEI));
    csr_put64(CSR_MVIP, 0);
    CHECK_EQ(csr_read(CSR_MIP) & BIT(IRQ_SEI), BIT(IRQ_SEI));
    csr_put(CSR_SISELECT, 0x30);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), NO_TRAP);
}

/* ---- 2.5: state enables ---- */

TEST("norm:mstateen0_imsic_op AIA 2.5: IMSIC closes stopei and the file's registers to S-mode, "
     "CSRIND "
     "the window before it; neither hides hgeip, hgeie and VGEIN")
{
    need_imsic();
    NEED(csr_exists(CSR_MSTATEEN0), "no Smstateen");
    const u64 imsic = 1ull << 58, csrind = 1ull << 60;
    csr_put64(CSR_MSTATEEN0, ~imsic);
    csr_put(CSR_SISELECT, EIE0);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPEI), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), EXC_ILLEGAL);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_STOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_M, PEEK(CSR_SIREG), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, TOUCH(CSR_HGEIE), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_HGEIP), NO_TRAP);
    unsigned n = guests();
    set_vgein(n);
    CHECK_EQ(csr_read(CSR_HSTATUS) >> 12 & 63, n);
    csr_put64(CSR_MSTATEEN0, ~csrind);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_STOPEI), NO_TRAP);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), EXC_ILLEGAL);
    csr_put64(CSR_MSTATEEN0, ~0ull);
    EXPECT_OUTCOME(MODE_HS, PEEK(CSR_SIREG), NO_TRAP);
    set_vgein(0);
}
