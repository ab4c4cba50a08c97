/* What Linux's hwprobe tells of the hart beside what RVA23U64 asks for, and of vectors: a line
 * HWPROBE for each. */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/hwprobe.h>

#define EXT(name)                                                                                  \
    {                                                                                              \
#name, RISCV_HWPROBE_EXT_##name                                                            \
    }

static const struct {
    const char *name;
    uint64_t bit;
} mandatory[] = {
    {"F D", RISCV_HWPROBE_IMA_FD},
    {"C", RISCV_HWPROBE_IMA_C},
    {"V", RISCV_HWPROBE_IMA_V},
    EXT(ZBA),
    EXT(ZBB),
    EXT(ZBS),
    EXT(ZICNTR),
    EXT(ZIHPM),
    EXT(ZIHINTPAUSE),
    EXT(ZICBOM),
    EXT(ZICBOP),
    EXT(ZICBOZ),
    EXT(ZFHMIN),
    EXT(ZKT),
    EXT(ZVFHMIN),
    EXT(ZVBB),
    EXT(ZVKB),
    EXT(ZVKT),
    EXT(ZIHINTNTL),
    EXT(ZICOND),
    EXT(ZIMOP),
    EXT(ZCA),
    EXT(ZCD),
    EXT(ZCB),
    EXT(ZCMOP),
    EXT(ZFA),
    EXT(ZAWRS),
    EXT(SUPM),
    EXT(ZAAMO),
    EXT(ZALRSC),
    EXT(ZVE32X),
    EXT(ZVE32F),
    EXT(ZVE64X),
    EXT(ZVE64F),
    EXT(ZVE64D),
};
enum { NUM = sizeof mandatory / sizeof *mandatory };

int main(void)
{
    struct riscv_hwprobe pair[] = {
        {.key = RISCV_HWPROBE_KEY_BASE_BEHAVIOR},
        {.key = RISCV_HWPROBE_KEY_IMA_EXT_0},
        {.key = RISCV_HWPROBE_KEY_MISALIGNED_SCALAR_PERF},
        {.key = RISCV_HWPROBE_KEY_MISALIGNED_VECTOR_PERF},
        {.key = RISCV_HWPROBE_KEY_ZICBOM_BLOCK_SIZE},
        {.key = RISCV_HWPROBE_KEY_ZICBOP_BLOCK_SIZE},
        {.key = RISCV_HWPROBE_KEY_ZICBOZ_BLOCK_SIZE},
    };
    unsigned missing = 0;
    if (syscall(258, pair, sizeof pair / sizeof *pair, 0, NULL, 0) != 0) {
        puts("HWPROBE failed");
        return 1;
    }
    for (unsigned i = 0; i < NUM; i++)
        if (!(pair[1].value & mandatory[i].bit)) {
            printf("HWPROBE lacks %s\n", mandatory[i].name);
            missing++;
        }
    printf("HWPROBE base %llu, %u of %u\n", (unsigned long long)pair[0].value, NUM - missing, NUM);
    printf("HWPROBE misaligned scalar %llu vector %llu\n", (unsigned long long)pair[2].value,
           (unsigned long long)pair[3].value);
    printf("HWPROBE blocks %llu %llu %llu\n", (unsigned long long)pair[4].value,
           (unsigned long long)pair[5].value, (unsigned long long)pair[6].value);
    return missing != 0;
}
