/* NIST P-384 (FIPS 186-5, SP 800-186 section 3.2.1.4): y^2 = x^3 - 3x + b. Numbers are least limb first; MONT: times 2^384 mod p. */
#define EC_LIMBS 6
#define EC_CURVE FS_EC_P384

/* p = 2^384 - 2^128 - 2^96 + 2^32 - 1 */
#define EC_P {0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe, UINT64_MAX, UINT64_MAX, UINT64_MAX}
#define EC_P_FACTOR 0x0000000100000001 /* -1/p mod 2^64 */
#define EC_P_ONE {0xffffffff00000001, 0x00000000ffffffff, 0x0000000000000001, 0, 0, 0}
#define EC_P_SQUARE {0xfffffffe00000001, 0x0000000200000000, 0xfffffffe00000000, 0x0000000200000000, 0x0000000000000001, 0}
#define EC_N {0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf, UINT64_MAX, UINT64_MAX, UINT64_MAX}
#define EC_N_FACTOR 0x6ed46089e88fdc45
#define EC_N_ONE {0x1313e695333ad68d, 0xa7e5f24db74f5885, 0x389cb27e0bc8d220, 0, 0, 0}
#define EC_N_SQUARE                                                                                                            \
    {0x2d319b2419b409a9, 0xff3d81e5df1aa419, 0xbc3e483afcb82947, 0xd40d49174aab1cc5, 0x3fb05b7a28266895, 0x0c84ee012b39bf21}
#define EC_P_MINUS_N {0x1313e696333ad68c, 0xa7e5f24cb74f5885, 0x389cb27e0bc8d21f, 0, 0, 0}
#define EC_A_MONT {0x00000003fffffffc, 0xfffffffc00000000, 0xfffffffffffffffb, UINT64_MAX, UINT64_MAX, UINT64_MAX}
#define EC_B_MONT                                                                                                              \
    {0x081188719d412dcc, 0xf729add87a4c32ec, 0x77f2209b1920022e, 0xe3374bee94938ae2, 0xb62b21f41f022094, 0xcd08114b604fbff9}
#define EC_GX_MONT                                                                                                             \
    {0x3dd0756649c0b528, 0x20e378e2a0d6ce38, 0x879c3afc541b4d6e, 0x6454868459a30eff, 0x812ff723614ede2b, 0x4d3aadc2299e1513}
#define EC_GY_MONT                                                                                                             \
    {0x23043dad4b03a4fe, 0xa1bfa8bf7bb4a9ac, 0x8bade7562e83b050, 0xc6c3521968f4ffd9, 0xdd8002263969a840, 0x2b78abc25a15c5e9}
#define EC_N_OCTETS                                                                                                            \
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                           \
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,                           \
     0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73}

/* a^(p-2): 255 ones, a zero, 32 ones, 64 zeros, 30 ones, 01. EC_RUN(x, i, k, y): x = i^(2^k) * y. */
#define EC_INVERT(out, a)                                                                                                      \
    num x2, x3, x6, x12, x15, x30, x60, x120, r;                                                                               \
    EC_RUN(&x2, a, 1, a);                                                                                                      \
    EC_RUN(&x3, &x2, 1, a);                                                                                                    \
    EC_RUN(&x6, &x3, 3, &x3);                                                                                                  \
    EC_RUN(&x12, &x6, 6, &x6);                                                                                                 \
    EC_RUN(&x15, &x12, 3, &x3);                                                                                                \
    EC_RUN(&x30, &x15, 15, &x15);                                                                                              \
    EC_RUN(&x60, &x30, 30, &x30);                                                                                              \
    EC_RUN(&x120, &x60, 60, &x60);                                                                                             \
    EC_RUN(&r, &x120, 120, &x120);                                                                                             \
    EC_RUN(&r, &r, 15, &x15);                                                                                                  \
    EC_RUN(&r, &r, 31, &x30);                                                                                                  \
    EC_RUN(&r, &r, 2, &x2);                                                                                                    \
    EC_RUN(&r, &r, 94, &x30);                                                                                                  \
    EC_RUN(out, &r, 2, a)
