/* What the multiplications in assembly share.
 *
 * Numbers come as pointers, with "memory" as a clobber in place of "m" operands: for those some compilers take a second register, and
 * there is none to spare. Each asm has to be volatile for that: to a compiler two of them with the same pointer do the same, and it
 * would take one out of its loop. */
#ifndef FS_EC_ASM_ADX_H
#define FS_EC_ASM_ADX_H

/* low, high += rdx * the limb at `offset` octets of the input `base`, in two chains of carries (CF and OF); lo and hi are registers to use up */
#define EC_TERM(base, offset, low, high)                                                                                       \
    "mulx " offset "(%[" base "]), %[lo], %[hi]\n\t"                                                                           \
    "adcx %[lo], %[" low "]\n\t"                                                                                               \
    "adox %[hi], %[" high "]\n\t"

/* low, high = twice themselves plus the square of the limb at `offset` octets of x */
#define EC_DOUBLE(offset, low, high)                                                                                           \
    "movq " offset "(%[x]), %%rdx\n\t"                                                                                         \
    "mulx %%rdx, %[lo], %[hi]\n\t"                                                                                             \
    "adcx %[" low "], %[" low "]\n\t"                                                                                          \
    "adox %[lo], %[" low "]\n\t"                                                                                               \
    "adcx %[" high "], %[" high "]\n\t"                                                                                        \
    "adox %[hi], %[" high "]\n\t"

#endif
