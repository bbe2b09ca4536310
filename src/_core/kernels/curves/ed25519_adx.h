/* Multiplication modulo 2^255 - 19 with MULX, ADCX and ADOX: the whole product, then its upper half times 38 onto the lower. */
#include "ec_asm_adx.h"

/* l0..l3 += a * one limb of b, and l4 = the carry */
#define ED_ROW(offset, l0, l1, l2, l3, l4)                                                                                     \
    "movq " offset "(%[y]), %%rdx\n\t"                                                                                         \
    "xorl %k[" l4 "], %k[" l4 "]\n\t" EC_TERM("x", "0", l0, l1) EC_TERM("x", "8", l1, l2) EC_TERM("x", "16", l2, l3)           \
    EC_TERM("x", "24", l3, l4)                                                                                                 \
    "movl $0, %k[lo]\n\t"                                                                                                      \
    "adcx %[lo], %[" l4 "]\n\t"

#define ED_FOLD_TERM(limb, low, high)                                                                                          \
    "mulx %[" limb "], %[lo], %[hi]\n\t"                                                                                       \
    "adcx %[lo], %[" low "]\n\t"                                                                                               \
    "adox %[hi], %[" high "]\n\t"

/* r0..r7 -> r0..r3: two folds, then 38 for a last carry, which leaves r0 small */
#define ED_FOLD                                                                                                                \
    "movl $38, %%edx\n\t"                                                                                                      \
    "xorl %k[lo], %k[lo]\n\t" ED_FOLD_TERM("r4", "r0", "r1") ED_FOLD_TERM("r5", "r1", "r2") ED_FOLD_TERM("r6", "r2", "r3")     \
    "mulx %[r7], %[lo], %[hi]\n\t"                                                                                             \
    "movl $0, %k[r4]\n\t"                                                                                                      \
    "adcx %[lo], %[r3]\n\t"                                                                                                    \
    "adox %[r4], %[hi]\n\t"                                                                                                    \
    "adcx %[r4], %[hi]\n\t"                                                                                                    \
    "imulq $38, %[hi], %[hi]\n\t"                                                                                              \
    "addq %[hi], %[r0]\n\t"                                                                                                    \
    "adcq $0, %[r1]\n\t"                                                                                                       \
    "adcq $0, %[r2]\n\t"                                                                                                       \
    "adcq $0, %[r3]\n\t"                                                                                                       \
    "sbbq %[hi], %[hi]\n\t"                                                                                                    \
    "andl $38, %k[hi]\n\t"                                                                                                     \
    "addq %[hi], %[r0]\n\t"

#define ED_REGISTERS                                                                                                           \
    [r0] "=&r"(r0), [r1] "=&r"(r1), [r2] "=&r"(r2), [r3] "=&r"(r3), [r4] "=&r"(r4), [r5] "=&r"(r5), [r6] "=&r"(r6),            \
        [r7] "=&r"(r7), [lo] "=&r"(lo), [hi] "=&r"(hi)

FS_INLINE void fe_mul(num *out, const num *a, const num *b) {
    uint64_t r0, r1, r2, r3, r4, r5, r6, r7, lo, hi;
    __asm__ volatile("movq 0(%[y]), %%rdx\n\t"
            "mulx 0(%[x]), %[r0], %[r1]\n\t"
            "mulx 8(%[x]), %[lo], %[r2]\n\t"
            "addq %[lo], %[r1]\n\t"
            "mulx 16(%[x]), %[lo], %[r3]\n\t"
            "adcq %[lo], %[r2]\n\t"
            "mulx 24(%[x]), %[lo], %[r4]\n\t"
            "adcq %[lo], %[r3]\n\t"
            "adcq $0, %[r4]\n\t"
            ED_ROW("8", "r1", "r2", "r3", "r4", "r5")
            ED_ROW("16", "r2", "r3", "r4", "r5", "r6")
            ED_ROW("24", "r3", "r4", "r5", "r6", "r7")
            ED_FOLD
            : ED_REGISTERS
            : [x] "r"(a->limb), [y] "r"(b->limb)
            : "rdx", "cc", "memory");
    out->limb[0] = r0, out->limb[1] = r1, out->limb[2] = r2, out->limb[3] = r3;
}

FS_INLINE void fe_sqr(num *out, const num *a) {
    uint64_t r0, r1, r2, r3, r4, r5, r6, r7, lo, hi;
    __asm__ volatile("movq 0(%[x]), %%rdx\n\t"
            "mulx 8(%[x]), %[r1], %[r2]\n\t"
            "mulx 16(%[x]), %[lo], %[r3]\n\t"
            "addq %[lo], %[r2]\n\t"
            "mulx 24(%[x]), %[lo], %[r4]\n\t"
            "adcq %[lo], %[r3]\n\t"
            "adcq $0, %[r4]\n\t"
            "movq 8(%[x]), %%rdx\n\t"
            "xorl %k[r5], %k[r5]\n\t"
            EC_TERM("x", "16", "r3", "r4")
            EC_TERM("x", "24", "r4", "r5")
            "movq 16(%[x]), %%rdx\n\t"
            "mulx 24(%[x]), %[lo], %[r6]\n\t"
            "adcx %[lo], %[r5]\n\t"
            "movl $0, %k[lo]\n\t"
            "adcx %[lo], %[r6]\n\t"
            "xorl %k[r7], %k[r7]\n\t"
            "movq 0(%[x]), %%rdx\n\t"
            "mulx %%rdx, %[r0], %[hi]\n\t"
            "adcx %[r1], %[r1]\n\t"
            "adox %[hi], %[r1]\n\t"
            EC_DOUBLE("8", "r2", "r3")
            EC_DOUBLE("16", "r4", "r5")
            EC_DOUBLE("24", "r6", "r7")
            ED_FOLD
            : ED_REGISTERS
            : [x] "r"(a->limb)
            : "rdx", "cc", "memory");
    out->limb[0] = r0, out->limb[1] = r1, out->limb[2] = r2, out->limb[3] = r3;
}

/* a - b, minus 38 for each borrow */
FS_INLINE void fe_sub(num *out, const num *a, const num *b) {
    uint64_t r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3], fold;
    __asm__ volatile("subq 0(%[y]), %[r0]\n\t"
            "sbbq 8(%[y]), %[r1]\n\t"
            "sbbq 16(%[y]), %[r2]\n\t"
            "sbbq 24(%[y]), %[r3]\n\t"
            "sbbq %[fold], %[fold]\n\t"
            "andl $38, %k[fold]\n\t"
            "subq %[fold], %[r0]\n\t"
            "sbbq $0, %[r1]\n\t"
            "sbbq $0, %[r2]\n\t"
            "sbbq $0, %[r3]\n\t"
            "sbbq %[fold], %[fold]\n\t"
            "andl $38, %k[fold]\n\t"
            "subq %[fold], %[r0]\n\t"
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [fold] "=&r"(fold)
            : [y] "r"(b->limb)
            : "cc", "memory");
    out->limb[0] = r0, out->limb[1] = r1, out->limb[2] = r2, out->limb[3] = r3;
}
