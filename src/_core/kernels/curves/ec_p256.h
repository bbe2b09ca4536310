/* NIST P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3): y^2 = x^3 - 3x + b. Numbers are least limb first; MONT: times 2^256 mod p. */
#define EC_LIMBS 4
#define EC_CURVE FS_EC_P256

/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1 */
#define EC_P {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}
#define EC_P_FACTOR 1u /* -1/p mod 2^64 */
#define EC_P_ONE {0x0000000000000001, 0xffffffff00000000, 0xffffffffffffffff, 0x00000000fffffffe}
#define EC_P_SQUARE {0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd}
#define EC_N {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}
#define EC_N_FACTOR 0xccd1c8aaee00bc4f
#define EC_N_ONE {0x0c46353d039cdaaf, 0x4319055258e8617b, 0x0000000000000000, 0x00000000ffffffff}
#define EC_N_SQUARE {0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620}
#define EC_P_MINUS_N {0x0c46353d039cdaae, 0x4319055358e8617b, 0x0000000000000000, 0x0000000000000000}
#define EC_A_MONT {0xfffffffffffffffc, 0x00000003ffffffff, 0x0000000000000000, 0xfffffffc00000004}
#define EC_B_MONT {0xd89cdf6229c4bddf, 0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834}
#define EC_GX_MONT {0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6}
#define EC_GY_MONT {0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85}
#define EC_N_OCTETS                                                                                                            \
    {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                           \
     0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}

/* a^(p-2), p-2 = ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff fffffffd. EC_RUN(x, i, k, y): x = i^(2^k) * y. */
#define EC_INVERT(out, a)                                                                                                      \
    num x2, x4, x8, x16, x32, r;                                                                                               \
    EC_RUN(&x2, a, 1, a);                                                                                                      \
    EC_RUN(&x4, &x2, 2, &x2);                                                                                                  \
    EC_RUN(&x8, &x4, 4, &x4);                                                                                                  \
    EC_RUN(&x16, &x8, 8, &x8);                                                                                                 \
    EC_RUN(&x32, &x16, 16, &x16);                                                                                              \
    EC_RUN(&r, &x32, 32, a);                                                                                                   \
    EC_RUN(&r, &r, 128, &x32);                                                                                                 \
    EC_RUN(&r, &r, 32, &x32);                                                                                                  \
    EC_RUN(&r, &r, 16, &x16);                                                                                                  \
    EC_RUN(&r, &r, 8, &x8);                                                                                                    \
    EC_RUN(&r, &r, 4, &x4);                                                                                                    \
    EC_RUN(&r, &r, 2, &x2);                                                                                                    \
    EC_RUN(out, &r, 2, a)
